// The flags of install.sh. Pure.

const known = ['--yes', '--no-start', '--daemon', '--uninstall', '--with-models', '--help', '-h'];

export const usage = `Usage: ./install.sh [--yes] [--no-start | --daemon]
       ./install.sh --uninstall [--with-models] [--yes]

Installs the server into this folder, starts it on free ports, and tries it: a question in words to each engine, a
picture, and a server that is killed. The first failure ends it and takes back what this run made. May be run again.

  --yes          ask nothing
  --no-start     set up only: no server, no checks
  --daemon       make the server a service of this user (systemd or launchd)
  --uninstall    remove the server, its environments and its state; models stay
  --with-models  with --uninstall: remove the starter models too
  --help         this text
`;

/** @returns {{ problem: string } | { yes: boolean, start: boolean, daemon: boolean, uninstall: boolean, withModels: boolean, help: boolean }} */
export function parseFlags(words) {
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) return { problem: `install.sh takes no ${unknown}` };
  const has = (flag) => words.includes(flag);
  const together = conflict(has);
  if (together !== undefined) return { problem: together };
  return {
    yes: has('--yes'),
    start: !has('--no-start'),
    daemon: has('--daemon'),
    uninstall: has('--uninstall'),
    withModels: has('--with-models'),
    help: has('--help') || has('-h'),
  };
}

function conflict(has) {
  if (has('--no-start') && has('--daemon')) return '--no-start and --daemon exclude each other';
  if (has('--uninstall') && (has('--no-start') || has('--daemon')))
    return '--uninstall goes with neither --no-start nor --daemon';
  if (has('--with-models') && !has('--uninstall')) return '--with-models goes with --uninstall only';
  return undefined;
}
