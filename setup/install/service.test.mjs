import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rollBack } from './roll-back.mjs';
import { makeService } from './service.mjs';

let listener;
let api;
beforeEach(async () => {
  listener = createServer((_, response) => response.writeHead(200, { 'x-request-id': 'one' }).end());
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  api = `http://127.0.0.1:${listener.address().port}`;
});
afterEach(() => listener.close());

const flags = { '--port': '21440' };
const path = '/nowhere/mlx.service';

/** A program that writes down what is asked of it. */
function world({ active }) {
  const asked = [];
  const entries = [];
  const program = {
    servicePath: () => path,
    stop: async () => asked.push('stop'),
    start: async (given) => asked.push(['start', given]),
    installService: (given) => {
      asked.push(['install', given]);
      return JSON.stringify({ path, active });
    },
  };
  const journal = { note: (entry) => entries.push(entry) };
  const make = (found) =>
    makeService({ program, journal, signal: new AbortController().signal, server: { api, flags, found } });
  return { asked, entries, program, make };
}

test('the background server makes room for the service, on the same ports', async () => {
  const { asked, entries, make } = world({ active: true });
  expect(await make(undefined)).toEqual({ detail: path });
  expect(asked).toEqual(['stop', ['install', flags]]);
  expect(entries).toEqual([{ kind: 'service' }]);
});

test('a service that runs already is left alone', async () => {
  const { asked, entries, make } = world({ active: true });
  expect(await make('service')).toEqual({ detail: path });
  expect([asked, entries]).toEqual([[], []]);
});

test('where no manager can be reached, a server that ran before runs again', async () => {
  const { asked, entries, program, make } = world({ active: false });
  await expect(make('background')).rejects.toThrow('cannot be reached');
  await rollBack({ entries, loadProgram: async () => program, report: { say: () => {} } });
  expect(asked).toEqual(['stop', ['install', flags], ['start', flags]]);
});
