// Finds an interpreter that can make the project's Python environments: 3.11 or newer, with pip or ensurepip.
// A candidate is judged by running it: a pyenv shim exists on the PATH and fails for versions not selected.
import { spawnSync } from 'node:child_process';
import { SetupFailure } from './failure.mjs';

const oldest = [3, 11];
const candidates = ['python3.13', 'python3.12', 'python3.11', 'python3.14', 'python3', 'python'];
const question = `
import importlib.util as u, json, sys
print(json.dumps({"path": sys.executable, "version": list(sys.version_info[:3]),
  "pip": u.find_spec("pip") is not None, "ensurepip": u.find_spec("ensurepip") is not None}))`;

/** @returns {{ path: string, version: number[], pip: boolean, ensurepip: boolean }} */
export function findPython({ env, ask = askInterpreter }) {
  const found = [];
  for (const command of [env.MLX_PYTHON, ...candidates].filter(Boolean)) {
    const python = ask(command, env);
    if (python === undefined) continue;
    if (isNewEnough(python.version) && (python.pip || python.ensurepip)) return python;
    found.push(python);
  }
  throw new SetupFailure(describeAbsence(found));
}

export function askInterpreter(command, env) {
  const { status, stdout } = spawnSync(command, ['-c', question], { env, encoding: 'utf8', timeout: 20_000 });
  try {
    return status === 0 ? JSON.parse(stdout) : undefined;
  } catch {
    return undefined; // something that is no Python answers to this name
  }
}

export function isNewEnough([major, minor]) {
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

export function describeAbsence(found) {
  const withoutPip = found.find(({ version }) => isNewEnough(version));
  const newest = found.at(0)?.version.join('.');
  if (withoutPip) {
    return {
      cause: `${withoutPip.path} (${withoutPip.version.join('.')}) has neither pip nor ensurepip`,
      hint: 'Debian: sudo apt install python3-venv python3-pip; or name another Python in MLX_PYTHON',
    };
  }
  return {
    cause: `Python ${oldest.join('.')} or newer is needed and ${newest ? `only ${newest}` : 'no Python'} was found`,
    hint: 'macOS: brew install python@3.13; Debian: sudo apt install python3 python3-venv python3-pip; or name one in MLX_PYTHON',
  };
}
