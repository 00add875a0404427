// A page of the documentation of which one part is written by a program: what stands between its two markers.
import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces everything between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. @throws Error when the page has lost them */
export function writeBetweenMarkers(path: string, name: string, body: string): void {
  const beginMarker = `<!-- ${name}:begin -->`;
  const page = readFileSync(path, 'utf8');
  const begin = page.indexOf(beginMarker);
  const end = page.indexOf(`<!-- ${name}:end -->`);
  if (begin < 0 || end < begin) throw new Error(`${path} lacks its markers`);
  writeFileSync(path, `${page.slice(0, begin + beginMarker.length)}\n\n${body}\n${page.slice(end)}`);
}
