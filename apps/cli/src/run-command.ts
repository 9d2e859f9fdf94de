import { CommanderError } from 'commander';
import { errorView } from './errors.js';
import { ExitCode } from './exit-code.js';
import { createProgram } from './program.js';
import { WrongUse } from './wrong-use.js';

const WRONG_USE = 2;

/** Runs a command line. @returns the exit code: 0 done, 1 failed, 2 wrong use */
export async function runCommand(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    await createProgram(environment).parseAsync([...argv]);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    if (error instanceof ExitCode) return error.code;
    if (error instanceof WrongUse) {
      process.stderr.write(`error: ${error.message}\n`);
      return WRONG_USE;
    }
    return tellFailure(error, argv.includes('--json'));
  }
}

function tellFailure(error: unknown, json: boolean): number {
  const view = errorView(error);
  const reason = view.reason ? ` (${view.reason})` : '';
  process.stderr.write(
    json ? `${JSON.stringify({ error: view })}\n` : `resmask: ${view.code}${reason}: ${view.message}\n`,
  );
  return 1;
}
