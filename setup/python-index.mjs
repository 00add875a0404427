// uv does not read pip's configuration: this hands it the index, certificate and wheel folders that the user
// configured for pip, unless uv has its own.
import { spawnSync } from 'node:child_process';

const variableOf = {
  'index-url': 'UV_DEFAULT_INDEX',
  'extra-index-url': 'UV_INDEX',
  'find-links': 'UV_FIND_LINKS',
  cert: 'SSL_CERT_FILE',
};

/** @param {string} listing what `pip config list` prints: lines such as global.index-url='…' */
export function fromPipConfiguration(listing) {
  const found = {};
  for (const line of listing.split('\n')) {
    const [, option, value] = /^(?:global|install|:env:|site|user)\.([a-z-]+)='(.*)'$/.exec(line.trim()) ?? [];
    const variable = variableOf[option];
    if (variable && value)
      found[variable] = value
        .split(/\\n|\s+/)
        .filter(Boolean)
        .join(separatorOf(variable));
  }
  return found;
}

const separatorOf = (variable) => (variable === 'UV_FIND_LINKS' ? ',' : ' ');

/** The environment for uv: what the user set for uv wins over what is set for pip. */
export function uvEnvironment({ python, env }) {
  const { stdout } = spawnSync(python, ['-m', 'pip', 'config', 'list'], { env, encoding: 'utf8', timeout: 20_000 });
  const own = env.UV_INDEX_URL ? { UV_DEFAULT_INDEX: env.UV_INDEX_URL } : {};
  return { ...fromPipConfiguration(stdout ?? ''), ...env, ...own };
}
