// The folder that holds the registry: made, owned and closed to others. Says what is wrong with it; decides nothing else.
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Where it is unless the operator says otherwise; another user's there means `<default>-<uid>`. */
export const defaultStateDirectory = '/tmp/mlx-server';

export type StateDirectory =
  /** `path` is the real one, through no symbolic link. */
  | { readonly kind: 'ready'; readonly path: string }
  /** It cannot be had just now (read-only, full, no parent): serving goes on without a registry. */
  | { readonly kind: 'degraded'; readonly reason: string }
  /** The operator named a folder that must not be used. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Opens `path`, made with mode 0700 if absent. `uid` is ours; `fallback` stands in for the default path alone. */
export function openStateDirectory(options: {
  readonly path: string;
  readonly uid: number;
  readonly fallback?: string | undefined;
}): StateDirectory {
  const { path, uid, fallback } = options;
  const first = openOne(resolve(path), uid, fallback !== undefined);
  if (first.kind !== 'refused' || fallback === undefined) return first;
  const second = openOne(fallback, uid, true);
  return second.kind === 'refused' ? { kind: 'degraded', reason: `${first.reason}; ${second.reason}` } : second;
}

function openOne(path: string, uid: number, isNamedByUs: boolean): StateDirectory {
  try {
    makeFolder(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    // EEXIST: a file or a dangling link is in its place, which the look at it below will name.
    if (code !== 'EEXIST') return { kind: 'degraded', reason: `${path} cannot be made (${code})` };
  }
  try {
    const stats = lstatSync(path);
    const fault = faultOf(stats, uid) ?? tighten(path, stats, isNamedByUs);
    if (fault !== undefined) return { kind: 'refused', reason: `${path} ${fault}` };
    return { kind: 'ready', path: realpathSync(path) };
  } catch (error) {
    return { kind: 'degraded', reason: `${path} cannot be used (${(error as NodeJS.ErrnoException).code})` };
  }
}

/** mkdir -p. Node's own `recursive` never returns where a folder is denied as ENOENT, as in /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || existsSync(parent)) throw error;
    makeFolder(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}

function faultOf(stats: Stats, uid: number): string | undefined {
  if (stats.isSymbolicLink()) return 'is a symbolic link';
  if (!stats.isDirectory()) return 'is not a folder';
  if (stats.uid !== uid) return 'belongs to another user';
  return undefined;
}

/** Closes a folder of ours to others. One that holds other things than ours keeps its mode, and must not be writable by others. */
function tighten(path: string, stats: Stats, isNamedByUs: boolean): string | undefined {
  if ((stats.mode & 0o777) === 0o700) return undefined;
  if (isNamedByUs || readdirSync(path).every((name) => /^(worker_registry|responses\.db)/.test(name))) {
    chmodSync(path, 0o700);
    return undefined;
  }
  return (stats.mode & 0o022) === 0 ? undefined : 'can be written by other users: choose a folder of your own';
}
