// The file by which scripts learn the ports. Appears whole, goes at exit.
import { renameSync, rmSync, writeFileSync } from 'node:fs';

export interface ReadyFileContent {
  readonly api: string;
  readonly admin: string;
  readonly pid: number;
  readonly version: string;
}

export function writeReadyFile(path: string, content: ReadyFileContent): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(content)}\n`);
  renameSync(temporary, path);
}

export const removeReadyFile = (path: string): void => rmSync(path, { force: true });
