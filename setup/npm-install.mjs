// `npm install` of the lock in a folder, by the npm that runs this or the one on the PATH.
import { runCommand } from './command.mjs';
import { SetupFailure } from './failure.mjs';

/**
 * Without a network npm would try hundreds of packages for minutes, so one question goes first; if it fails, npm may
 * still find everything in its cache, and if not, the answer to that question says why.
 */
export async function npmInstall(options) {
  const { npm_execpath: path } = options.env;
  const [command, ...first] = path?.endsWith('.js') ? [process.execPath, path] : ['npm'];
  const npm = (...args) =>
    runCommand({
      ...options,
      env: withoutNpmContext(options.env),
      command,
      args: [...first, ...args, '--loglevel=error'],
    });
  // The compiler is a development package and engines are optional ones, whatever NODE_ENV and npm's settings omit.
  const how = ['install', '--no-save', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  let unreachable;
  try {
    await npm('view', 'typescript', 'version', '--fetch-retries=1');
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error;
    unreachable = error;
  }
  if (unreachable === undefined) await npm(...how);
  else {
    await npm(...how, '--offline').catch((error) => {
      throw error instanceof SetupFailure ? unreachable : error;
    });
  }
}

/** Under `npm start` npm names its own project to its children; the one inside works elsewhere. */
function withoutNpmContext(env) {
  const { npm_config_local_prefix, npm_config_prefix, npm_package_json, INIT_CWD, ...rest } = env;
  return rest;
}
