// A page of the documentation of which one part is written by a program: what stands between its two markers.
import { readFileSync, writeFileSync } from 'node:fs';

/** What stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. @throws Error when the page has lost them */
export const readBetweenMarkers = (path: string, name: string): string => parts(path, name).body;

/** Replaces it. @throws Error as above */
export function writeBetweenMarkers(path: string, name: string, body: string): void {
  const { before, behind } = parts(path, name);
  writeFileSync(path, `${before}\n\n${body}\n${behind}`);
}

function parts(path: string, name: string): { before: string; body: string; behind: string } {
  const beginMarker = `<!-- ${name}:begin -->`;
  const page = readFileSync(path, 'utf8');
  const begin = page.indexOf(beginMarker) + beginMarker.length;
  const end = page.indexOf(`<!-- ${name}:end -->`);
  if (begin < beginMarker.length || end < begin) throw new Error(`${path} lacks its markers`);
  return { before: page.slice(0, begin), body: page.slice(begin, end), behind: page.slice(end) };
}
