import { Presets, SingleBar } from 'cli-progress';

/** Shows how far something is on standard error; silent when that is no terminal and the caller wants no lines. */
export interface Progress {
  update(done: number): void;
  end(): void;
}

const LINE_EVERY_MS = 2000;

/** A bar on a terminal, otherwise a line every two seconds. */
export function progress(
  label: string,
  total: number,
  unit: string,
  stderr: NodeJS.WriteStream = process.stderr,
): Progress {
  return stderr.isTTY ? bar(label, total, unit, stderr) : lines(label, total, unit, stderr);
}

function bar(label: string, total: number, unit: string, stream: NodeJS.WriteStream): Progress {
  const format = `${label} [{bar}] {percentage}% | {value}/{total} ${unit} | {duration_formatted}, {eta_formatted} left`;
  const drawn = new SingleBar({ format, stream, hideCursor: true, clearOnComplete: false }, Presets.shades_classic);
  drawn.start(total, 0);
  return { update: (done) => drawn.update(done), end: () => drawn.stop() };
}

function lines(label: string, total: number, unit: string, stream: NodeJS.WriteStream): Progress {
  let last = Date.now();
  let latest = 0;
  const write = (): boolean => stream.write(`${label}: ${latest}/${total} ${unit}\n`);
  return {
    update: (done) => {
      latest = done;
      if (Date.now() - last < LINE_EVERY_MS) return;
      last = Date.now();
      write();
    },
    end: () => {
      write();
    },
  };
}
