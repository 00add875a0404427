// The built command line on a terminal of its own: keys in, what is shown out.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { until } from './test-server.ts';

export const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
export const isBuilt = existsSync(commandLine);

/** Python's pty copies between its own ends and the terminal that it opens for the program. */
const openTerminal = `
import fcntl, os, pty, struct, sys, termios
columns = int(sys.argv[1])
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
pty._copy(master)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

export interface Terminal extends AsyncDisposable {
  type(keys: string): void;
  /** As it was written, without what moves the cursor or changes the colour. */
  shown(): string;
  /** With all of that. */
  raw(): string;
  /** Waits until `text` has been shown after what `mark` marked. */
  sees(text: string | RegExp): Promise<void>;
  /** What is shown from here on counts for `sees`. */
  mark(): void;
  readonly exitCode: Promise<number | null>;
}

export const keys = { up: '\u001b[A', ctrlC: '\u0003', ctrlD: '\u0004', enter: '\r', tab: '\t' } as const;
export const paste = (text: string): string => `\u001b[200~${text}\u001b[201~`;

export function openTerminalFor(
  args: readonly string[],
  { env = {}, columns = 200 }: { readonly env?: Readonly<Record<string, string>>; readonly columns?: number } = {},
): Terminal {
  const line = ['-c', openTerminal, String(columns), process.execPath, commandLine, ...args];
  const child = spawn('python3', line, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', ...env },
  });
  let raw = '';
  let marked = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
  });
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve));
  const shown = (): string => stripVTControlCharacters(raw).replaceAll('\r', '');
  return {
    type: (typed) => void child.stdin.write(typed),
    shown,
    raw: () => raw,
    mark() {
      marked = shown().length;
    },
    sees: (text) =>
      until(() => {
        const since = shown().slice(marked);
        return typeof text === 'string' ? since.includes(text) : text.test(since);
      }, 30_000).catch(() => Promise.reject(new Error(`not shown: ${text}\nbut: ${shown().slice(marked)}`))),
    exitCode,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL'); // The terminal goes with it, and so the program.
      await exitCode;
    },
  };
}
