// doctor: looks at everything that serving needs, and says how to mend what is wrong.
import { CliFailure } from '../failure.ts';
import { type Flags, readConfig } from '../read-config.ts';
import { formatTable } from '../table.ts';
import { engines } from './engines.ts';
import type { Finding, Verdict } from './finding.ts';
import { adminPort, apiPort } from './network.ts';
import { node, pythonEnvironment } from './software.ts';
import { stateDirectory } from './state.ts';
import { cache, disk, memory, openFiles, sharedMemory } from './storage.ts';
import { clock } from './time.ts';

const marks: Readonly<Record<Verdict, { readonly sign: string; readonly colour: number }>> = {
  ok: { sign: '✓', colour: 32 },
  warning: { sign: '!', colour: 33 },
  problem: { sign: '✗', colour: 31 },
};

/** @throws CliFailure with what it found when a problem is among it, or when the configuration cannot be used. */
export async function doctor(flags: Flags, { json }: { readonly json: boolean }): Promise<string> {
  const { config } = readConfig(flags);
  const findings = [
    node(),
    ...(await Promise.all([pythonEnvironment('text'), pythonEnvironment('vision')])),
    await apiPort(config),
    await adminPort(config),
    await stateDirectory(config),
    await disk(config),
    memory(config),
    await cache(config),
    await sharedMemory(config),
    openFiles(),
    clock(),
    ...(await engines(config)),
  ];
  const text = json ? JSON.stringify({ findings }, null, 2) : describe(findings);
  if (findings.every(({ verdict }) => verdict !== 'problem')) return text;
  process.stdout.write(`${text}\n`);
  throw new CliFailure('There are problems.');
}

function describe(findings: readonly Finding[]): string {
  const rows = findings.map(({ name, verdict, detail }) => [marks[verdict].sign, name, detail]);
  const fixes = findings.flatMap(({ name, fix }) => (fix === null ? [] : [`${name}: ${fix}`]));
  const table = coloured(formatTable(['', 'WHAT', 'FINDING'], rows), findings);
  return fixes.length === 0
    ? `${table}\n\nAll is well.`
    : `${table}\n\nWhat to do:\n${fixes.map((fix) => `  ${fix}`).join('\n')}`;
}

/** Each row in the colour of its verdict, on a terminal that wants colours. */
function coloured(table: string, findings: readonly Finding[]): string {
  if (!process.stdout.isTTY || process.stdout.getColorDepth() === 1) return table;
  const [header, ...rows] = table.split('\n');
  const paint = (row: string, index: number): string => {
    const { colour } = marks[findings[index]!.verdict];
    return `\u001b[${colour}m${row.slice(0, 1)}\u001b[0m${row.slice(1)}`;
  };
  return [header, ...rows.map(paint)].join('\n');
}
