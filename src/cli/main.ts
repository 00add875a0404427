// The command line from arguments to exit code. The only file that ends the process.
import { CommanderError } from 'commander';
import { CliFailure } from './failure.ts';
import { buildProgram } from './program.ts';

/** Runs the command line; resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  if (args.includes('--no-color')) refuseColours();
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CliFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
}

/** Said as the environment says it, for libraries and for processes started here. */
function refuseColours(): void {
  process.env.NO_COLOR = '1';
  delete process.env.FORCE_COLOR;
}

// A reader that closed the pipe, as `| head` does, is no failure of ours.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
process.exit(await main(process.argv.slice(2)));
