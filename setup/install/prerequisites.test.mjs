import { expect, test } from 'vitest';
import { systemOf } from './prerequisites.mjs';

const mac = { platform: 'darwin', arch: 'arm64', release: '24.1.0' };
const linux = { platform: 'linux', arch: 'x64', release: '6.1.0' };

test('machines that the locked packages are made for', () => {
  expect(systemOf(mac)).toContain('Apple silicon');
  for (const glibc of ['2.35', '2.41']) expect(systemOf({ ...linux, glibc })).toBe(`Linux x64, glibc ${glibc}`);
});

test('others are told what is needed', () => {
  expect(() => systemOf({ ...mac, arch: 'x64' })).toThrow('Intel');
  expect(() => systemOf({ ...mac, release: '22.6.0' })).toThrow('older than 14');
  expect(() => systemOf({ ...linux, glibc: '2.31' })).toThrow('glibc 2.31');
  expect(() => systemOf({ ...linux, glibc: undefined })).toThrow('without glibc');
});
