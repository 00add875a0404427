// `run MODEL` on a real terminal, against a served instance.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, keys, openTerminalFor, paste, type Terminal } from './terminal.ts';
import { startTestServer, type TestServer } from './test-server.ts';

describe.skipIf(!isBuilt)('the chat on a terminal', () => {
  let test: TestServer;
  let file: (name: string) => string;
  beforeAll(async () => {
    test = await startTestServer(['counts', 'says-as-told']);
    file = (name) => join(test.folder, name);
  });
  afterAll(() => test[Symbol.asyncDispose]());

  async function chat(model: string, ...more: string[]): Promise<Terminal> {
    const [api, admin] = [test.server.apiUrl, test.server.adminUrl].map((url) => new URL(url).port);
    const args = ['run', model, '--port', api!, '--admin-port', admin!, ...more];
    const terminal = openTerminalFor(args, { env: { HOME: test.folder } });
    await terminal.sees('>>> ');
    terminal.mark();
    return terminal;
  }

  /** Types, and waits for the next prompt. */
  async function say(terminal: Terminal, typed: string): Promise<string> {
    const before = terminal.shown().length;
    terminal.mark();
    terminal.type(typed + keys.enter);
    await terminal.sees(/\n>>> $/);
    return terminal.shown().slice(before);
  }

  it('takes a message of several lines: in quotes, with backslashes, pasted', async () => {
    await using terminal = await chat('test/says-as-told');
    terminal.type(`"""one${keys.enter}two${keys.enter}`);
    expect(await say(terminal, 'show"""')).toContain('"content":"one\\ntwo\\nshow"');
    expect(await say(terminal, `three\\${keys.enter}show`)).toContain('"content":"three\\nshow"');
    terminal.type(`x${paste('four\r\nfive\nsho')}`);
    expect(await say(terminal, 'w')).toContain('"content":"xfour\\nfive\\nshow"');
    terminal.type(keys.ctrlD);
    expect(await terminal.exitCode).toBe(0);
  });

  it('recalls what was typed in the chat before, whole, from a file of the user alone', async () => {
    const path = file('.local/state/mlx-inference-server/chat-history.jsonl');
    {
      await using terminal = await chat('test/says-as-told');
      await say(terminal, '/system """Be\rbrief."""');
      terminal.type(`${keys.ctrlC}${keys.ctrlC}`);
      expect(await terminal.exitCode).toBe(0);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await using terminal = await chat('test/says-as-told');
    expect(await say(terminal, keys.up)).toContain('The system prompt is set.');
    expect(await say(terminal, '/system')).toContain('\nBe\nbrief.\n');
    expect(await say(terminal, 'show')).toContain('{"role":"system","content":"Be\\nbrief."}');
    const kept = readFileSync(path, 'utf8');
    await using silent = await chat('test/says-as-told', '--no-history');
    await say(silent, '/set seed 4');
    expect(readFileSync(path, 'utf8')).toBe(kept);
  });

  it('goes on after Ctrl-C stopped an answer, and what was typed meanwhile is kept until then', async () => {
    await using terminal = await chat('test/counts');
    terminal.type(`tokens=3000 delayMs=5${keys.enter}`);
    await terminal.sees('w5 ');
    terminal.type(`not shown yet${keys.enter}`);
    await terminal.sees('w60 ');
    expect(terminal.shown()).not.toContain('not shown yet');
    terminal.mark();
    terminal.type(keys.ctrlC);
    await terminal.sees(/\[stopped\]\n>>> $/);
    expect(terminal.raw()).toContain('\u001b[2m [stopped]\u001b[22m');
    terminal.mark();
    terminal.type(`tokens=40 delayMs=10${keys.enter}tokens=3${keys.enter}`);
    await terminal.sees(/w39 \n>>> tokens=3\nw0 w1 w2 \n>>> $/);
  });

  it('pauses where the worker is killed in mid-answer', async () => {
    await using terminal = await chat('test/counts');
    terminal.type(`tokens=150 delayMs=10${keys.enter}`);
    await terminal.sees('w5 ');
    process.kill(test.server.fleet.snapshots().find(({ model }) => model === 'test/counts')!.pid!, 'SIGKILL');
    await terminal.sees(/w148 w149 \n>>> $/);
    expect(terminal.shown()).not.toContain('w150');
  });

  it('saves to a new file, says so before it replaces one, and goes on from it elsewhere', async () => {
    const path = file('talk.json');
    {
      await using terminal = await chat('test/says-as-told');
      await say(terminal, '{"said":"Yes."}');
      await say(terminal, '/set temperature 0.5');
      expect(await say(terminal, `/save ${path}`)).toContain(`2 messages saved to ${path}.`);
      expect(await say(terminal, `/save ${path}`)).toContain(`${path} is there already. /save! ${path} replaces it.`);
      expect(await say(terminal, `/save! ${path}`)).toContain('2 messages saved');
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await using terminal = await chat('test/counts');
    expect(await say(terminal, `/load ${path}`)).toContain('2 messages, test/says-as-told');
    expect(await say(terminal, 'show')).toContain('{"role":"assistant","content":"Yes."}');
    expect(await say(terminal, '/set')).toContain('temperature 0.5');
    writeFileSync(path, '{"version":1}');
    expect(await say(terminal, `/load ${path}`)).toContain('holds no conversation that /save has written');
  });

  it('says what is wrong with a command, and what may have been meant', async () => {
    await using terminal = await chat('test/counts');
    expect(await say(terminal, '/sytem')).toContain('There is no command /sytem. Did you mean /system?');
    expect(await say(terminal, '/set temprature 1')).toContain('Did you mean temperature?');
    expect(await say(terminal, '/set temperature 7')).toMatch(/"temperature": .*2/);
    expect(await say(terminal, '/model test/cuonts')).toContain('Did you mean test/counts?');
    for (const typed of ['/mod', keys.tab, 'test/says', keys.tab]) {
      terminal.type(typed);
      await terminal.sees(
        typed === '/mod' ? '/mod' : typed === 'test/says' ? '/model test/says' : /\/model (test\/says-as-told)?$/,
      );
    }
    expect(await say(terminal, '')).toContain('test/says-as-told goes on from here.');
    terminal.type(`/bye${keys.enter}`);
    expect(await terminal.exitCode).toBe(0);
  });

  it('shows none of the terminal codes that a model writes', async () => {
    await using terminal = await chat('test/says-as-told');
    await say(terminal, JSON.stringify({ said: 'a\u001b]0;title\u0007b' }));
    expect(terminal.raw()).not.toContain('\u001b]0;');
    expect(terminal.shown()).toContain('a]0;titleb');
  });
});
