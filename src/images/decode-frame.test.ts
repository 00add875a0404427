import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readFrames, writeFrame } from './decode-frame.ts';

const order = { format: 'png', maxDimension: 512 } as const;

it('frames come out as they went in, however the stream is cut', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 });
  fc.assert(
    fc.property(payloads, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, cuts) => {
      const wire = new PassThrough();
      for (const payload of sent) writeFrame(wire, order, payload);
      const bytes: Buffer = wire.read() ?? Buffer.alloc(0);
      const received: number[][] = [];
      const stream = new PassThrough();
      readFrames(stream, {
        maxPayloadBytes: 1000,
        onFrame: (head, payload) => {
          expect(head).toEqual(order);
          received.push([...payload]);
        },
        onBroken: (error) => {
          throw error;
        },
      });
      for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
        const size = cuts[cut % cuts.length]!;
        stream.emit('data', bytes.subarray(at, at + size));
        at += size;
      }
      expect(received).toEqual(sent.map((payload) => [...payload]));
    }),
  );
});

it('a payload beyond the limit breaks the stream before any of it is kept', () => {
  const wire = new PassThrough();
  writeFrame(wire, order, new Uint8Array(11));
  const broken: string[] = [];
  readFrames(wire, { maxPayloadBytes: 10, onFrame: () => {}, onBroken: ({ message }) => broken.push(message) });
  wire.emit('data', wire.read());
  expect(broken).toEqual(['frame too long']);
});
