// The environment in which npm, pip and uv run: the user's own (proxies, indexes, certificates), patient
// with slow networks, quiet, and with caches inside the project where the home folder cannot be written.
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runtime } from './project.mjs';

export function toolEnvironment(inherited = process.env) {
  return {
    UV_HTTP_TIMEOUT: '120',
    UV_HTTP_RETRIES: '3',
    PIP_DEFAULT_TIMEOUT: '120',
    npm_config_fetch_retries: '3',

    ...inherited,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_REQUIRE_VIRTUALENV: '0',
    PIP_ROOT_USER_ACTION: 'ignore',
    PIP_USER: '0',
    UV_NO_PROGRESS: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    ...(homeIsWritable(inherited) ? {} : cachesInProject(inherited)),
  };
}

function homeIsWritable(inherited) {
  try {
    const home = inherited.HOME || homedir();
    accessSync(home, constants.W_OK);
    mkdirSync(join(inherited.XDG_CACHE_HOME || join(home, '.cache')), { recursive: true });
    return true;
  } catch (error) {
    return error.code === 'EEXIST';
  }
}

function cachesInProject(inherited) {
  const cache = join(runtime, 'cache');
  return {
    XDG_CACHE_HOME: cache,
    npm_config_cache: inherited.npm_config_cache ?? join(cache, 'npm'),
    PIP_CACHE_DIR: inherited.PIP_CACHE_DIR ?? join(cache, 'pip'),
    UV_CACHE_DIR: inherited.UV_CACHE_DIR ?? join(cache, 'uv'),
  };
}
