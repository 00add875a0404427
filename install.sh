#!/bin/sh
# From a fresh clone to a checked, running server: finds Node, then hands over to setup/install.mjs.
# Runs in dash and in the bash 3.2 of macOS. Installs nothing outside this folder.
set -eu

needed_major=20
needed_minor=19

how_to_get_node() {
  case "$(uname -s)" in
    Darwin) echo "  macOS: brew install node, or the installer from nodejs.org" ;;
    Linux) echo "  Debian, Ubuntu, Fedora: see nodejs.org/en/download, or: nvm install 22" ;;
    *) echo "  This server runs on macOS and Linux; on Windows use WSL 2." ;;
  esac
  echo "  or name one that is not on the PATH: MLX_NODE=/path/to/node ./install.sh"
}

refuse() {
  {
    echo "$1"
    how_to_get_node
  } >&2
  exit 1
}

node=${MLX_NODE:-node}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
needed="Node $needed_major.$needed_minor or newer is needed"

command -v "$node" >/dev/null 2>&1 || refuse "$needed, and there is no $node."
version=$("$node" --version 2>/dev/null) || refuse "$needed, and $node does not run."
version=${version#v}
major=${version%%.*}
rest=${version#*.}
minor=${rest%%.*}
case "$major$minor" in
  '' | *[!0-9]*) refuse "$needed, and $node does not tell its version." ;;
esac
if [ "$major" -lt "$needed_major" ] || { [ "$major" -eq "$needed_major" ] && [ "$minor" -lt "$needed_minor" ]; }; then
  refuse "$needed, and $node is $version."
fi

if [ ! -f "$here/setup/install.mjs" ]; then
  echo "install.sh works inside a clone of the project: git clone it, and run ./install.sh there." >&2
  exit 1
fi
exec "$node" "$here/setup/install.mjs" "$@"
