// A small JSON file that others read while it is written: it appears whole, with its new content, or not at all.
import { renameSync, writeFileSync } from 'node:fs';

/** @throws what the file system says. */
export function writeJsonFile(path: string, content: unknown, mode = 0o666): void {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, `${JSON.stringify(content)}\n`, { mode });
  renameSync(beside, path);
}
