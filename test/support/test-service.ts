import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type ServiceName = 'registry' | 'inference' | 'evaluation';

/** A real service in a process of its own, on a free port. */
export class TestService {
  #child: ChildProcess | undefined;
  #port = 0;
  #output = '';

  private constructor(
    readonly name: ServiceName,
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(name: ServiceName, environment: Readonly<Record<string, string>>): Promise<TestService> {
    const service = new TestService(name, environment);
    await service.restart();
    return service;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Everything it has written, for assertions about logs. */
  get output(): string {
    return this.#output;
  }

  /** Starts it, again on the same port if it ran before. */
  async restart(): Promise<void> {
    const entry = fileURLToPath(new URL(`../../apps/${this.name}/dist/main.js`, import.meta.url));
    const env = {
      ...process.env,
      RESMASK_LOG_LEVEL: 'info',
      ...this.environment,
      RESMASK_LISTEN: this.environment['RESMASK_LISTEN'] ?? this.address,
    };
    const child = fork(entry, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-200_000);
      });
    }
    this.#port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message: { port: number }) => resolve(message.port));
      child.once('exit', (code) => reject(new Error(`${this.name} ended with code ${code}:\n${this.#output}`)));
    });
  }

  /** SIGTERM, and wait for the end. @returns the exit code */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** SIGKILL: no chance to save anything. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || !this.alive) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}
