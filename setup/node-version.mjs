// Checks the platform and the version of Node before anything else is loaded: must run on any Node with modules.

const neededNode = [20, 19];

/** @returns {string | undefined} what is wrong, in one line */
export function platformProblem({ version, platform }) {
  const [major, minor] = version.split('.').map(Number);
  if (major < neededNode[0] || (major === neededNode[0] && minor < neededNode[1])) {
    return `Node ${neededNode.join('.')} or newer is needed, this is ${version}: install a current one (macOS: brew install node; Debian: see nodejs.org/en/download) and run the same command again.`;
  }
  if (platform !== 'darwin' && platform !== 'linux') {
    return `This server runs on macOS and Linux, not on ${platform}: on Windows use WSL 2.`;
  }
  return undefined;
}

/** Ends the process with one line if this machine cannot run the server at all. */
export function requirePlatform() {
  const problem = platformProblem({ version: process.versions.node, platform: process.platform });
  if (problem === undefined) return;
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
