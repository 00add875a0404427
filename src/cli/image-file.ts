// An image file of this user → the part of a message that carries it. Read here and sent as a data URI: the server need
// not be allowed to read it.
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { maxImageBytes, sniffFormat } from '../images/index.ts';
import type { ImagePart } from './chat-client.ts';
import { CliFailure } from './failure.ts';

/** @throws CliFailure for a file that is missing, too large, or no image. */
export async function readImageFile(path: string): Promise<ImagePart> {
  if (path === '') throw new CliFailure('Name an image file.');
  const file = homePath(path);
  const entry = await stat(file).catch(() => undefined);
  if (entry?.isFile() !== true) throw new CliFailure(`There is no file ${path}.`);
  if (entry.size > maxImageBytes) throw new CliFailure(`${path} is larger than 10 MB.`);
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) throw new CliFailure(`${path} cannot be read.`);
  const format = sniffFormat(bytes);
  if (format === undefined) throw new CliFailure(`${path} is no JPEG, PNG, WebP, GIF or BMP.`);
  return { type: 'image_url', image_url: { url: `data:image/${format};base64,${bytes.toString('base64')}` } };
}

/**
 * The path in a line that is nothing but the path of an image file, as a terminal pastes it when a file is dropped on
 * it: quoted, or with its spaces escaped. Undefined for any other line.
 */
export async function pastedImagePath(line: string): Promise<string | undefined> {
  const path = unquoted(line);
  if (!/\.(jpe?g|png|webp|gif|bmp)$/i.test(path)) return undefined;
  const entry = await stat(homePath(path)).catch(() => undefined);
  return entry?.isFile() === true ? path : undefined;
}

/** What a shell would make of one word. */
export function unquoted(text: string): string {
  const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(text);
  return quoted === null ? text.replace(/\\(.)/g, '$1') : (quoted[1] ?? quoted[2] ?? '');
}

export const homePath = (path: string): string => path.replace(/^~(?=\/)/, homedir());
