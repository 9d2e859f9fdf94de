import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DomainError } from '@resmask/errors';

export interface ServiceProcessOptions {
  /** `registry`, `inference` or `evaluation`. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `host:port` to listen on; after the first start a port 0 stays the port that was found. */
  readonly listen: string;
  /** Its log is appended here. */
  readonly logFile: string;
  readonly onRestart: (reason: string) => void;
}

const RESTART_WAIT_MS = 1000;
const STOP_TIMEOUT_MS = 20_000;

/** A service as a child process: started, watched, started again when it dies, and stopped in good order. */
export class ServiceProcess {
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #lastOutput = '';
  #address: string;

  private constructor(readonly options: ServiceProcessOptions) {
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
    this.#address = options.listen;
  }

  /** @throws DomainError SERVICE_UNAVAILABLE with the service's last words if it does not start. */
  static async start(options: ServiceProcessOptions): Promise<ServiceProcess> {
    const service = new ServiceProcess(options);
    await service.#spawn();
    return service;
  }

  /** `host:port` where it listens. */
  get address(): string {
    return this.#address;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(cut);
    }
    this.#log.end();
  }

  async #spawn(): Promise<void> {
    const { name, environment } = this.options;
    const entry = fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url));
    // As in the images: models that come and go in threads would leave glibc's heaps full of holes.
    const env = { MALLOC_ARENA_MAX: '2', ...process.env, ...environment, RESMASK_LISTEN: this.#address };
    // A process group of its own, so that Ctrl-C reaches only this supervisor, which stops things in order.
    const child = fork(entry, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => this.#keep(chunk));
    await this.#listening(child);
    child.once('exit', (code, signal) => this.#died(`${name} ended with ${signal ?? `code ${code}`}`));
  }

  async #listening(child: ChildProcess): Promise<void> {
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message: { port: number }) => resolve(message.port));
      child.once('exit', () => reject(this.#startFailure()));
      child.once('error', () => reject(this.#startFailure()));
    });
    this.#address = `${this.#address.slice(0, this.#address.lastIndexOf(':'))}:${port}`;
  }

  #died(reason: string): void {
    if (this.#stopping) return;
    this.options.onRestart(`${reason}; starting it again`);
    this.#restart = setTimeout(() => {
      this.#spawn().catch((error: Error) => this.#died(error.message));
    }, RESTART_WAIT_MS);
  }

  #keep(chunk: Buffer): void {
    this.#log.write(chunk);
    this.#lastOutput = (this.#lastOutput + chunk.toString('utf8')).slice(-2000);
  }

  #startFailure(): DomainError {
    const { name, logFile } = this.options;
    const words = this.#lastOutput.trim().split('\n').slice(-3).join('\n');
    return new DomainError('SERVICE_UNAVAILABLE', `the ${name} service did not start; its log is ${logFile}\n${words}`);
  }
}
