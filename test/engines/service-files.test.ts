// The property list for launchd, read by another's parser.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { launchdList } from '../../src/cli/daemon/service-files.ts';

it('a launchd property list holds the line and the environment, whatever is in them', () => {
  const line = ['/opt/a b/node', 'serve', '<&>"'];
  const env = { HF_HOME: '/data/my "models" & <more>' };
  const list = launchdList({ line, env, workingDirectory: '/opt/a b', stopSeconds: 75 });
  const script = 'import plistlib, json, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
  const python = fileURLToPath(new URL('../../.runtime/python/text/bin/python', import.meta.url));
  expect(JSON.parse(execFileSync(python, ['-c', script], { input: list }).toString())).toMatchObject({
    ProgramArguments: line,
    EnvironmentVariables: env,
    WorkingDirectory: '/opt/a b',
    KeepAlive: { SuccessfulExit: false },
    ExitTimeOut: 75,
  });
});
