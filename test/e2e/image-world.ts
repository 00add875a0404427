// What tests of images share: a server with a model that tells what it saw, a host that serves one image, an allowed
// folder, and images of one colour.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunningServer } from '../../src/cli/running-server.ts';
import * as make from '../fixtures/images/make-images.ts';
import { jsonOf, post, startTestServer } from './test-server.ts';

export const dataUri = (file: Buffer): string => `data:image/png;base64,${file.toString('base64')}`;
export const image = (url: string) => ({ type: 'image_url', image_url: { url } });
export const text = (words: string) => ({ type: 'text', text: words });
export const user = (...content: unknown[]) => ({ role: 'user', content });
export const solid = (width: number, height: number, colour: make.Colour): Promise<Buffer> =>
  make.plain(width, height, colour).png().toBuffer();

/** A PNG of exactly so many bytes: a small image and a chunk that nobody reads. */
export function pngOf(bytes: number): Buffer {
  const size = { width: 30, height: 30 };
  const filler = make.chunk('fiLl', Buffer.alloc(bytes - make.png(size).length - 12, 7));
  return make.png(size, size, [filler]);
}

export interface ImageWorld extends AsyncDisposable {
  readonly server: RunningServer;
  readonly chat: string;
  /** Images in it may be named by path. */
  readonly folder: string;
  /** What `http://localhost:port/` answers with; `/hangs` never answers. */
  served: Buffer;
  readonly port: number;
  /** That the host of images has seen. */
  readonly requests: IncomingMessage[];
  /** 20 × 10, 10 × 20 and 1000 × 500. */
  readonly red: Buffer;
  readonly green: Buffer;
  readonly blue: Buffer;
  askFor(messages: unknown[], more?: object): Promise<Response>;
  /** What the model says of them. */
  said(messages: unknown[], more?: object): Promise<string>;
}

/** The error of an answer, with its HTTP status. */
export const errorOf = async (response: Response | Promise<Response>) => {
  const settled = await response;
  return { status: settled.status, ...(await jsonOf(settled)).error };
};

export async function openImageWorld(): Promise<ImageWorld> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mlx-images-')));
  const requests: IncomingMessage[] = [];
  const host = createServer((request, response) => {
    requests.push(request);
    if (request.url !== '/hangs') response.end(world.served);
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const test = await startTestServer(['sees-images', 'counts'], {
    allowedLocalMediaPath: [folder],
    imageAllowedHosts: ['localhost'],
    visionMaxDimension: 512,
  });
  const chat = `${test.server.apiUrl}/v1/chat/completions`;
  const askFor = (messages: unknown[], more: object = {}): Promise<Response> =>
    post(chat, { model: 'test/sees-images', messages, ...more });
  const world: ImageWorld = {
    server: test.server,
    chat,
    folder,
    served: Buffer.alloc(0),
    port: (host.address() as AddressInfo).port,
    requests,
    red: await solid(20, 10, [255, 0, 0]),
    green: await solid(10, 20, [0, 255, 0]),
    blue: await solid(1000, 500, [0, 0, 255]),
    askFor,
    async said(messages, more) {
      const body = await jsonOf(askFor(messages, more));
      expect(body.error).toBeUndefined();
      return body.choices[0].message.content;
    },
    async [Symbol.asyncDispose]() {
      await test[Symbol.asyncDispose]();
      host.closeAllConnections();
      host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}
