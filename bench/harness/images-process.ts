// The road of images in a process of its own, as the server has it: prepares the files it is told, and tells how long it
// took and which processes helped.
import { systemClock } from '../../src/core/index.ts';
import { createImageRoad } from '../../src/images/index.ts';
import { imagesFolder } from './image-files.ts';
import { paths } from './paths.ts';

export interface PrepareReply {
  readonly milliseconds: number;
  readonly cacheHits: number;
  /** Of the decode processes. */
  readonly pids: readonly number[];
}

const road = createImageRoad({
  allowedFolders: [imagesFolder],
  allowedHosts: [],
  maxDimension: 1024,
  cache: { maxEntries: 20, ttlMs: 3_600_000 },
  decoder: { program: paths.decoder },
  clock: systemClock,
});

process.on('message', (files: readonly string[]) => {
  void prepare(files).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0)); // The decode processes would keep it alive; they end with it.

async function prepare(files: readonly string[]): Promise<PrepareReply> {
  const startedMs = performance.now();
  const named = files.map((source) => ({ source, param: 'messages' }));
  const { cacheHits } = await road.prepare(named, { signal: new AbortController().signal });
  return { milliseconds: performance.now() - startedMs, cacheHits, pids: road.pids };
}
