// Images from the command line: --image, /image, and paths dropped on the terminal.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terminalChat } from '../../src/cli/chat/terminal-chat.ts';
import { dataUri, type ImageWorld, openImageWorld } from './image-world.ts';

let world: ImageWorld;
beforeAll(async () => {
  world = await openImageWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('the command line', () => {
  const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

  it('sends the files of --image with the prompt', async () => {
    const files = [world.red, world.green].map((file, index) => {
      const path = join(world.folder, `${index}.bin`);
      writeFileSync(path, file);
      return ['--image', path];
    });
    const ports = ['--port', new URL(world.server.apiUrl).port, '--admin-port', new URL(world.server.adminUrl).port];
    const args = [program, 'run', 'test/sees-images', 'what', 'is this?', ...files.flat(), ...ports];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe('user: <20x10 255,0,0>|<10x20 0,255,0>|what is this?\n');
    const none = promisify(execFile)(process.execPath, [...args, '--image', '/no/such/file']);
    await expect(none).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('/no/such/file') });
  });

  it('shows images in a chat, by command and by pasted path, once', async () => {
    const path = join(world.folder, "it's a photo.png");
    writeFileSync(path, world.red);
    const pasted = path.replace(/[ ']/g, '\\$&');
    const asked = [`/image ${world.folder}/none.png`, '/image', `/image "${path}"`, pasted, 'two?', 'none?'];
    const lines = [...asked, '/clear', `is ${pasted} one?`];
    const [input, output] = [new PassThrough(), new PassThrough()];
    const images = [{ type: 'image_url', image_url: { url: dataUri(world.blue) } }] as const;
    const server = { ...world.server, headers: {} };
    const none = { system: undefined, history: undefined };
    const chatting = terminalChat({ server, model: 'test/sees-images', images, input, output, ...none });
    input.end(`${lines.join('\n')}\n`);
    await chatting;
    output.end();
    const shown = stripVTControlCharacters(await readText(output)).replaceAll('\r', '');
    const three = 'user: <512x256 0,0,255>|<20x10 255,0,0>|<20x10 255,0,0>|two?';
    expect(shown).toContain(`There is no file ${world.folder}/none.png.`);
    expect(shown).toContain('Name an image file.');
    expect(shown).toContain('3 images go with your next message.');
    expect(shown).toContain(`${three}\n`);
    expect(shown).toContain(`assistant: ${three}\nuser: none?`);
    expect(shown).toContain(`>>> is ${pasted} one?\nuser: is ${pasted} one?\n`);
  });
});
