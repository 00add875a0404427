import { expect, test } from 'vitest';
import { disagreements } from './node-packages.mjs';

const lock = {
  packages: {
    '': { name: 'project' },
    'packages/linked': {},
    'node_modules/fastify': { version: '5.0.0', integrity: 'sha512-a' },
    'node_modules/native-linux': {
      version: '1.0.0',
      integrity: 'sha512-b',
      optional: true,
      os: ['linux'],
      cpu: ['x64'],
    },
    'node_modules/native-mac': {
      version: '1.0.0',
      integrity: 'sha512-c',
      optional: true,
      os: ['darwin'],
      cpu: ['arm64'],
    },
    'node_modules/stub': { resolved: 'packages/linked', link: true },
  },
};
const { 'node_modules/fastify': fastify, 'node_modules/native-linux': nativeLinux } = lock.packages;
const found = (packages) => disagreements({ lock, installed: { packages }, platform: 'linux', arch: 'x64' });

test('what is locked for this platform is enough', () => {
  expect(found({ 'node_modules/fastify': fastify, 'node_modules/native-linux': nativeLinux })).toEqual([]);
});

test('an optional package of this platform that is absent is a disagreement', () => {
  expect(found({ 'node_modules/fastify': fastify })).toEqual(['node_modules/native-linux']);
});

test('another version or content is a disagreement', () => {
  for (const other of [{ version: '5.0.1' }, { integrity: 'sha512-x' }]) {
    const installed = { 'node_modules/fastify': { ...fastify, ...other }, 'node_modules/native-linux': nativeLinux };
    expect(found(installed)).toEqual(['node_modules/fastify']);
  }
});

test('a package that the lock does not know is one, unless it is optional: the lock may lack other platforms', () => {
  const installed = { 'node_modules/fastify': fastify, 'node_modules/native-linux': nativeLinux };
  expect(found({ ...installed, 'node_modules/extra': { version: '1.0.0' } })).toEqual(['node_modules/extra']);
  expect(found({ ...installed, 'node_modules/native-bsd': { version: '1.0.0', optional: true } })).toEqual([]);
});

test('nothing installed is a disagreement', () => {
  expect(disagreements({ lock, installed: undefined })).toEqual(['node_modules']);
});
