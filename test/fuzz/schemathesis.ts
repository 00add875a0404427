// Schemathesis, from the Python environment of the tests: requests from a document of an API, right and wrong ones. Every
// answer that it saw is judged here too.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../bench/harness/paths.ts';
import { violationOf } from './judge.ts';

const program = join(paths.root, '.runtime/python/dev/bin/schemathesis');

export const hasSchemathesis = (): boolean => existsSync(program);

export interface SchemathesisRun {
  /** A file, or an address. */
  readonly document: string;
  /** What the paths of the document are below. */
  readonly base: string;
  readonly checks: readonly string[];
  readonly seed: number;
  /** Of each operation. */
  readonly examples: number;
  readonly phases: readonly string[];
  /** An empty folder for its files. */
  readonly folder: string;
}

export interface SchemathesisResult {
  readonly requests: number;
  readonly violations: readonly string[];
  /** Where the tool itself failed: of no answer of the server. */
  readonly stumbles: readonly string[];
}

/** Overload is no error of the server, and a stream is read to its end. */
const settings = `max-stream-events = 1000000

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503", "529"]
`;

export async function runSchemathesis(run: SchemathesisRun): Promise<SchemathesisResult> {
  mkdirSync(run.folder, { recursive: true });
  writeFileSync(join(run.folder, 'schemathesis.toml'), settings);
  const report = join(run.folder, 'report.ndjson');
  const output = await execute(
    [
      ...['run', run.document, '--url', run.base, '--seed', String(run.seed), '-n', String(run.examples)],
      ...['--phases', run.phases.join(), '--checks', run.checks.join(), '--no-shrink', '--continue-on-failure'],
      ...['--report', 'ndjson', '--report-ndjson-path', report, '--request-timeout', '30', '--warnings', 'off'],
      ...['--suppress-health-check', 'all', '--workers', '2'],
    ],
    run.folder,
  );
  const { requests, violations } = await judgeReport(report);
  const told = (section: string): readonly string[] => {
    const at = output.search(new RegExp(`^=+ ${section} =+$`, 'm'));
    return at === -1 ? [] : [`schemathesis: ${output.slice(at, at + 3000)}`];
  };
  return { requests, violations: [...violations, ...told('FAILURES')], stumbles: told('ERRORS') };
}

/** What it prints. */
function execute(args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1', PYTHONDONTWRITEBYTECODE: '1' };
    execFile(program, args, { cwd: folder, env, maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout));
  });
}

interface Interaction {
  readonly request: { readonly method: string; readonly uri: string };
  readonly response: {
    readonly status_code: number;
    readonly headers: Readonly<Record<string, readonly string[]>>;
    readonly content?: { readonly $base64: string } | null;
  } | null;
}

interface Line {
  readonly ScenarioFinished?: { readonly recorder: { readonly interactions: Readonly<Record<string, Interaction>> } };
}

async function judgeReport(path: string): Promise<Omit<SchemathesisResult, 'stumbles'>> {
  const violations: string[] = [];
  let requests = 0;
  await using file = await open(path);
  for await (const text of file.readLines()) {
    const { ScenarioFinished: scenario } = JSON.parse(text) as Line;
    for (const { request, response } of Object.values(scenario?.recorder.interactions ?? {})) {
      requests += 1;
      const violation = response === null ? 'no answer' : judged(response, request.method);
      if (violation !== null) violations.push(`${request.method} ${request.uri.slice(0, 200)}: ${violation}`);
    }
  }
  return { requests, violations };
}

function judged({ status_code: status, headers, content }: NonNullable<Interaction['response']>, method: string) {
  if (method === 'HEAD') return null;
  const header = (name: string): string | undefined => headers[name]?.[0];
  const body = Buffer.from(content?.$base64 ?? '', 'base64').toString();
  return violationOf({ status, contentType: header('content-type') ?? '', requestId: header('x-request-id'), body });
}
