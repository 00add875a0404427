// The prebuilt llama.cpp for Linux, opened in this process. node-llama-cpp tries it in a process of its own first, which is
// a fifth of a worker's start; a worker is such a process already. Null wherever anything is not as it is expected here.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getModuleVersion, Llama, type LlamaOptions } from 'node-llama-cpp';

interface Binaries {
  readonly getBinsDir: () => { readonly binsDir: string; readonly packageVersion: string };
}

/** A static and internal function of node-llama-cpp, whose version is pinned. */
type Create = (options: object) => Promise<Llama>;

/** As node-llama-cpp leaves free on Linux. */
const ramPadding = (totalBytes: number): number => Math.floor(Math.min(totalBytes / 4, 1024 ** 3));

export async function openPrebuilt(options: LlamaOptions): Promise<Llama | null> {
  const create = Reflect.get(Llama, '_create') as Create | undefined;
  if (process.platform !== 'linux' || create === undefined) return null;
  const entry = fileURLToPath(import.meta.resolve('node-llama-cpp'));
  // Somebody's own build goes first.
  if (existsSync(join(dirname(entry), '../llama/localBuilds'))) return null;
  const require = createRequire(entry);
  const name = `linux-${process.arch}`;
  try {
    const { getBinsDir } = (await import(pathToFileURL(require.resolve(`@node-llama-cpp/${name}`)).href)) as Binaries;
    const { binsDir, packageVersion } = getBinsDir();
    if (packageVersion !== (await getModuleVersion())) return null;
    const bindingPath = join(binsDir, name, 'llama-addon.node');
    const buildMetadata: unknown = JSON.parse(await readFile(join(binsDir, name, '_nlcBuildMetadata.json'), 'utf8'));
    const settings = { buildType: 'prebuilt', vramPadding: 0, ramPadding, debug: false, numa: false, tempDir: false };
    return await create.call(Llama, {
      ...settings,
      ...options,
      bindings: require(bindingPath),
      bindingPath,
      buildMetadata,
    });
  } catch {
    return null; // What is wrong, node-llama-cpp's own way tells better.
  }
}
