// Takes the server away again: the service, the background server, the environments, the build, its state. Models stay
// unless they are asked for, and the hub's cache always does: other programs use it too.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startTimeOf } from '../process-identity.mjs';
import { models, root, runtime, stamps } from '../project.mjs';
import { canAsk, confirm, noTerminal } from './confirm.mjs';
import { journalPath } from './install.mjs';
import { openJournal } from './journal.mjs';
import { createReport } from './report.mjs';
import { isOurs, loadProgram } from './server-program.mjs';

/** @returns {Promise<number>} the exit code */
export async function uninstall({ yes, withModels }) {
  const report = createReport({ stream: process.stdout, env: process.env });
  if (!yes && !canAsk()) {
    process.stderr.write(`${noTerminal}\n`);
    return 2;
  }
  const { installed, thisRun, busyWith } = openJournal(journalPath);
  if (busyWith !== undefined) {
    process.stderr.write(`Another install.sh is at work here (pid ${busyWith}).\n`);
    return 1;
  }
  const program = await loadProgram().catch(() => undefined); // Set-up is not whole.
  report.heading('To be removed');
  for (const path of pathsToRemove()) report.say(`  ${path}`);
  report.say('  the server in the background, the service and the state directory, where they are of this folder');
  if (!yes && !(await confirm('\nRemove all this?'))) {
    report.say('Nothing was done.');
    return 1;
  }
  const alsoModels =
    withModels || (!yes && existsSync(models) && (await confirm(`Remove the starter models in ${models} too?`)));
  try {
    const entries = [...installed, ...thisRun];
    if (program !== undefined) await endServers({ program, entries, report });
    else
      report.say(
        '  No server is looked for: the program is not whole. One that runs all the same must be ended by hand.',
      );
    removeState({ entries, report });
    for (const path of pathsToRemove()) rmSync(path, { recursive: true, force: true });
    report.ok('environments, build', 'removed');
    if (alsoModels) removeModels(report);
  } catch (error) {
    report.failed('uninstall', error.message);
    return 1;
  }
  tellWhatStays({ report, program, alsoModels });
  return 0;
}

/** All below .runtime but the models and the stamps by which set-up knows them again. */
function pathsToRemove() {
  const kept = [models, stamps];
  const inRuntime = existsSync(runtime) ? readdirSync(runtime).map((name) => join(runtime, name)) : [];
  const oldStamps = existsSync(stamps) ? readdirSync(stamps).filter((name) => !name.startsWith('starter-')) : [];
  const built = ['dist', 'node_modules'].map((name) => join(root, name)).filter((path) => existsSync(path));
  return [
    ...inRuntime.filter((path) => !kept.includes(path)),
    ...oldStamps.map((name) => join(stamps, name)),
    ...built,
  ];
}

/** Those of the state directory that is configured now, and of each that install.sh started one in. */
async function endServers({ program, entries, report }) {
  if (existsSync(program.servicePath()) && readFileSync(program.servicePath(), 'utf8').includes(root)) {
    program.uninstallService({}, { json: true });
    report.ok('service', `removed ${program.servicePath()}`);
  }
  const used = entries.filter(({ kind }) => kind === 'server').map(({ stateDir }) => stateDir);
  for (const stateDir of new Set([program.readConfig({}).config.stateDir, ...used])) {
    await endServer({ program, stateDir, report });
  }
}

async function endServer({ program, stateDir, report }) {
  const flags = { '--state-dir': stateDir };
  const { running, pid } = JSON.parse(await program.status(flags, { json: true }));
  if (!running) return;
  if (!isOurs(pid)) return report.ok('server', `the one in the background (pid ${pid}) is of another folder and stays`);
  await program.stop(flags, { json: true });
  report.ok('server', 'stopped');
}

/** A state directory that install.sh did not make is somebody's own choice; one with a living server is in use. */
function removeState({ entries, report }) {
  const made = entries.filter(({ kind }) => kind === 'server').map(({ stateDir }) => stateDir);
  for (const { kind, path } of entries) {
    if (kind !== 'path' || !made.includes(path) || !existsSync(path)) continue;
    if (hasLivingServer(path)) report.ok('state', `${path} stays: a server uses it`);
    else {
      rmSync(path, { recursive: true });
      report.ok('state', `removed ${path}`);
    }
  }
}

function hasLivingServer(stateDir) {
  const registry = join(stateDir, 'worker_registry.json');
  if (!existsSync(registry)) return false;
  try {
    const { servers } = JSON.parse(readFileSync(registry, 'utf8'));
    return Object.values(servers).some(({ pid }) => startTimeOf(pid) !== undefined);
  } catch (error) {
    if (error instanceof SyntaxError) return true; // Nobody knows; so it stays.
    throw error;
  }
}

function removeModels(report) {
  rmSync(models, { recursive: true, force: true });
  rmSync(stamps, { recursive: true, force: true });
  if (existsSync(runtime) && readdirSync(runtime).length === 0) rmSync(runtime, { recursive: true });
  report.ok('starter models', 'removed');
}

function tellWhatStays({ report, program, alsoModels }) {
  report.say('\nWhat stays:');
  if (!alsoModels && existsSync(models)) report.say(`  ${models} (--uninstall --with-models removes it)`);
  report.say(
    `  downloaded models in ${program?.readConfig({}).config.huggingFaceHome ?? 'the Hugging Face cache'}, which other programs share`,
  );
  report.say(`  this folder: ${root}`);
}
