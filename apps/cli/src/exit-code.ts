/** Ends the command with a code when everything there is to say has been said. */
export class ExitCode extends Error {
  constructor(readonly code: number) {
    super(`exit code ${code}`);
  }
}
