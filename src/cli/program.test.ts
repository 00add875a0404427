import { describe, expect, it } from 'vitest';
import { buildProgram } from './program.ts';
import type { Verb } from './verbs/verb.ts';
import { verbGroups } from './verbs/verb-groups.ts';

/** The verb that a command line ends in, and what it was given. */
async function parsed(line: string) {
  let result: { verb: Verb; args: readonly unknown[]; options: Record<string, unknown> } | undefined;
  const program = buildProgram(
    () => {},
    async (verb, command) => {
      result = { verb, args: command.processedArgs, options: command.opts() };
    },
  );
  await program.parseAsync(wordsOf(line), { from: 'user' });
  return result!;
}

/** As a shell splits it, without what it redirects. */
function wordsOf(line: string): string[] {
  const [, ...words] = [...line.replace(/ [<>|] .*$/, '').matchAll(/"([^"]*)"|\S+/g)].map(
    ([word, quoted]) => quoted ?? word,
  );
  return words;
}

const verbs = verbGroups.flatMap(({ parent, verbs: own }) =>
  own
    .filter(({ isHidden }) => isHidden !== true)
    .map((verb) => ({ path: [parent?.name, verb.name].filter(Boolean).join(' '), verb })),
);

describe('every verb', () => {
  it.each(verbs)('$path has examples, each of which parses as that verb', async ({ path, verb }) => {
    expect(verb.examples.length).toBeGreaterThan(0);
    for (const example of verb.examples) {
      expect(example).toMatch(new RegExp(`^(mlxs|bin/mlx-inference-server) ${path}( |$)`));
      expect((await parsed(example)).verb).toBe(verb);
    }
  });

  it.each(verbs)('$path shows its options, then its settings, its examples and its exit codes', ({ path, verb }) => {
    const command = path.split(' ').reduce(
      (at, name) => at.commands.find((one) => one.name() === name)!,
      buildProgram(() => {}),
    );
    let page = '';
    command.configureOutput({
      writeOut: (text) => (page += text),
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
    });
    command.outputHelp();
    const parts = [
      'Usage:',
      'Options:',
      ...(verb.settings.length > 0 ? ['Settings:'] : []),
      'Examples:',
      'Exit codes:',
    ];
    const places = parts.map((part) => page.indexOf(`${part}`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    const tooWide = page.split('\n').filter((line) => line.length > 80 && !line.startsWith('  mlxs'));
    expect(tooWide).toEqual([]);
  });

  it('takes no setting that does not change what it does', async () => {
    await expect(parsed('mlxs version --port 5')).rejects.toMatchObject({ code: 'commander.unknownOption' });
    await expect(parsed('mlxs list --port 5')).rejects.toMatchObject({ code: 'commander.unknownOption' });
  });

  it('is found by a name that is nearly right', async () => {
    let said = '';
    const program = buildProgram(() => {}).configureOutput({ writeErr: (text) => (said += text) });
    await expect(program.parseAsync(['lsit'], { from: 'user' })).rejects.toThrow();
    expect(said).toContain('Did you mean list?');
  });
});
