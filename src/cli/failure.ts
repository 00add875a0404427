// How a verb says that it cannot go on: one clear line and an exit code. main.ts alone turns it into an exit.

/** 1: failed. 2: wrong usage or configuration. */
export class CliFailure extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
