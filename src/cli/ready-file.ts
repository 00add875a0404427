// The file by which scripts learn the ports. Appears whole, goes at exit.
import { rmSync } from 'node:fs';
import { writeJsonFile } from './write-json-file.ts';

export interface ReadyFileContent {
  readonly api: string;
  readonly admin: string;
  readonly pid: number;
  readonly version: string;
}

export const writeReadyFile = (path: string, content: ReadyFileContent): void => writeJsonFile(path, content);

export const removeReadyFile = (path: string): void => rmSync(path, { force: true });
