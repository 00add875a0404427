// The mlx-vision worker over its pipes, with pixels: what it sees, beside others, and after its process was killed.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Generate, type Request, WorkerClient, type WorkerProgram } from './worker-client.ts';

const at = (...path: string[]): string => resolve(import.meta.dirname, '../..', ...path);
const program: WorkerProgram = {
  command: at('.runtime/python/vision/bin/python'),
  args: ['-m', 'mlx_workers.vision'],
  env: { PYTHONPATH: at('python') },
  modelPath: at('.runtime/models/starter/shapes-vlm'),
};
const textProgram: WorkerProgram = {
  ...program,
  command: at('.runtime/python/text/bin/python'),
  args: ['-m', 'mlx_workers.text'],
  modelPath: at('.runtime/models/starter/smollm2-135m-instruct'),
};
const side = 128;
const black = [0, 0, 0] as const;
const red = [255, 0, 0] as const;
const blue = [0, 0, 255] as const;

/** A filled circle or square in the middle of a white picture. */
function picture(shape: 'circle' | 'square', colour: readonly [number, number, number]) {
  const pixels = Buffer.alloc(side * side * 3, 255);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const [dx, dy] = [column - side / 2, row - side / 2];
      const inside = shape === 'circle' ? Math.hypot(dx, dy) < 36 : Math.max(Math.abs(dx), Math.abs(dy)) < 32;
      if (inside) pixels.set(colour, (row * side + column) * 3);
    }
  }
  return { type: 'image' as const, width: side, height: side, pixels };
}

const asked = (text: string, ...images: ReturnType<typeof picture>[]): Generate['input'] => ({
  kind: 'chat',
  messages: [{ role: 'user', content: [...images, { type: 'text', text }] }],
});
const [circle, square, dark] = [picture('circle', red), picture('square', blue), picture('square', black)];
const all = asked('What is in the images?', circle, square, dark);
const allNamed = 'first: a red circle. second: a blue square. third: a black square.';

async function loaded(of: WorkerProgram): Promise<WorkerClient> {
  const worker = new WorkerClient(of);
  const ready = await worker.load({ path: of.modelPath });
  if (ready.type === 'error') throw new Error(ready.message);
  return worker;
}

const isReady = existsSync(program.command) && existsSync(program.modelPath);
describe.skipIf(!isReady)(`the vision worker${isReady ? '' : ' (skipped: npm start sets it up)'}`, () => {
  let worker: WorkerClient;
  beforeAll(async () => {
    worker = await loaded(program);
  });
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
  });

  it('names what it sees, and pictures in their order', async () => {
    expect((await worker.ask({ input: asked('What is in the image?', circle) })).text).toBe('a red circle');
    expect((await worker.ask({ input: all })).text).toBe(allNamed);
    expect((await worker.ask({ input: asked('What is in the images?', square, circle) })).text).toBe(
      'first: a blue square. second: a red circle.',
    );
  });

  it('answers four at once as each alone', async () => {
    const requests: Request[] = [
      { input: all },
      { input: asked('What color is it?', dark) },
      { input: { kind: 'chat', messages: [{ role: 'user', content: 'Count to 12' }] } },
      { input: asked('What is in the images?', square, circle), sampling: { temperature: 0.9, seed: 5 } },
    ];
    const ids = requests.map((request) => worker.start(request));
    const together = await Promise.all(ids.map((id) => worker.answer(id)));
    for (const [index, request] of requests.entries()) {
      expect(together[index]?.tokenIds).toEqual((await worker.ask(request)).tokenIds);
    }
  });

  it('is killed in the middle of an answer, and another process goes on without a seam', async () => {
    const endless: [number, number][] = [0, 1, 2].map((tokenId) => [tokenId, -100]);
    const sampling = { temperature: 0.8, seed: 2 ** 40 + 1, logitBias: endless };
    const request = { input: all, sampling, maxTokens: 400 };
    const whole = await worker.ask(request);
    const victim = await loaded(program);
    const id = victim.start(request);
    await victim.until(() => victim.framesOf(id).filter(({ type }) => type === 'step')[4], 'five steps');
    victim.process.kill('SIGKILL');
    await victim.exited;
    const delivered = victim
      .framesOf(id)
      .flatMap((frame) => (frame.type === 'step' ? frame.deltas : []))
      .flatMap(({ tokenIds }) => tokenIds);
    await using next = await loaded(program);
    const rest = await next.ask({ ...request, resume: delivered });
    expect(delivered.length).toBeLessThan(400);
    expect([...delivered, ...rest.tokenIds]).toEqual(whole.tokenIds);
    expect(whole.text.endsWith(rest.text)).toBe(true);
    expect(rest.end).toMatchObject({ usage: { completionTokens: whole.tokenIds.length } });
  });

  it('does not take what a client writes for a place of a picture', async () => {
    const written = await worker.ask({ input: asked('What is in the image? <image>', circle), maxTokens: 8 });
    expect(written.end).toMatchObject({ type: 'end' });
    const stray = await worker.ask({ input: { kind: 'text', text: 'a <image> b' } });
    expect(stray.end).toMatchObject({ type: 'error', code: 'invalid_request', param: 'prompt' });
  });

  it('has a sibling for text, which refuses pictures', async () => {
    await using text = await loaded(textProgram);
    const answer = await text.ask({ input: asked('What is in the image?', circle) });
    expect(answer.end).toMatchObject({ type: 'error', code: 'model_unsupported', param: 'messages' });
  });
});
