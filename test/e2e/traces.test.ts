// Traces of a server program: to a collector that takes them, refuses them, or is not there.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isBuilt } from './server-process.ts';
import { post, until, writeModel } from './test-server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'test/fixtures/faults/serve.mjs');

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: object }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

/** A collector that answers with `status`. */
async function openCollector() {
  const collector = { status: 200, bodies: [] as string[], paths: [] as string[], url: '', close: () => {} };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      collector.bodies.push(body);
      collector.paths.push(request.url!);
      response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  collector.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return collector;
}

const spansIn = (bodies: readonly string[]): Span[] =>
  bodies.flatMap((body) =>
    (JSON.parse(body) as Batch).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );

async function startServer(env: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-traces-'));
  writeModel(join(folder, 'models/scripted/counts'), false);
  mkdirSync(join(folder, 'home'));
  const ready = join(folder, 'ready.json');
  const flags = ['--port', '0', '--admin-port', '0', '--ready-file', ready, '--log-format', 'json'];
  const folders = ['--state-dir', join(folder, 'state'), '--models-dir', join(folder, 'models')];
  const child: ChildProcess = spawn(process.execPath, [program, ...flags, ...folders], {
    env: { PATH: process.env.PATH ?? '', HOME: join(folder, 'home'), OTEL_BSP_SCHEDULE_DELAY: '50', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await until(() => existsSync(ready), 30_000);
  const { api } = JSON.parse(readFileSync(ready, 'utf8')) as { api: string };
  const chat = `${api}/v1/chat/completions`;
  return {
    log: () => log,
    ask: (content: string, headers: Record<string, string> = {}) =>
      post(
        chat,
        { model: 'scripted/counts', messages: [{ role: 'user', content }] },
        { headers: { 'content-type': 'application/json', ...headers } },
      ),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await ended) as [number | null];
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

describe.skipIf(!isBuilt)('traces', () => {
  it('reach the collector, in the trace of the client, without a word of prompt or answer', async () => {
    const collector = await openCollector();
    const server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, OTEL_SERVICE_NAME: 'mine' });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    expect((await server.ask('hush tokens=3 word=secretly', { traceparent })).status).toBe(200);
    await until(() => spansIn(collector.bodies).some(({ name }) => name === 'chat scripted/counts'));
    expect(await server.stop()).toBe(0);
    collector.close();
    const spans = spansIn(collector.bodies);
    expect(spans.map(({ name }) => name).sort()).toEqual(['chat scripted/counts', 'decode', 'load', 'prefill']);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const request = spans.find(({ name }) => name.startsWith('chat'))!;
    expect(request.parentSpanId).toBe('b7ad6b7169203331');
    expect(request.attributes).toContainEqual({ key: 'gen_ai.usage.output_tokens', value: { intValue: 3 } });
    const [{ resource }] = (JSON.parse(collector.bodies[0]!) as Batch).resourceSpans as [Batch['resourceSpans'][0]];
    expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'mine' } });
    expect(collector.paths[0]).toBe('/v1/traces');
    for (const body of collector.bodies) expect(body).not.toMatch(/hush|secretly/);
  });

  it('that a collector refuses are told once in the log, and again after it took some', async () => {
    const collector = await openCollector();
    collector.status = 400;
    const server = await startServer({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path` });
    const told = (): number => server.log().split('traces-undelivered').length - 1;
    const sent = async (batches: number): Promise<void> => {
      const before = collector.bodies.length;
      while (collector.bodies.length < before + batches) expect((await server.ask('tokens=1')).status).toBe(200);
    };
    await sent(3);
    await until(() => told() === 1);
    collector.status = 200;
    await sent(2);
    collector.status = 400;
    await sent(3);
    await until(() => told() === 2);
    expect(await server.stop()).toBe(0);
    collector.close();
    expect(told()).toBe(2);
    expect(collector.paths[0]).toBe('/own/path');
  });

  it('for a collector that is not there cost no request, and do not hold up the end', async () => {
    const server = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.ask('tokens=2')));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await server.stop()).toBe(0);
  });

  it.each([
    [null, 0],
    ['http://127.0.0.1:9', 1],
  ])('with the collector %j load what sends them only where there is one', (otlpEndpoint, least) => {
    const script = `
      import { createRequire } from 'node:module';
      import { startServer } from ${JSON.stringify(join(root, 'dist/cli/running-server.js'))};
      import { loadConfig, readMachine } from ${JSON.stringify(join(root, 'dist/config/index.js'))};
      import { mkdtempSync } from 'node:fs';
      const { config } = loadConfig({ flags: {}, env: {}, file: null, machine: readMachine() });
      const stateDir = mkdtempSync(${JSON.stringify(join(tmpdir(), 'mlx-modules-'))});
      const own = { port: 0, adminPort: 0, stateDir, logLevel: 'silent', otlpEndpoint: ${JSON.stringify(otlpEndpoint)} };
      const server = await startServer({ ...config, ...own });
      const { cache } = createRequire(import.meta.url);
      console.log(Object.keys(cache).filter((path) => /@opentelemetry.(sdk|exporter|otlp)/.test(path)).length);
      await server.stopNow();
      process.exit(0); // As the command line ends, whatever is still open.`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: root,
    });
    expect(Math.min(1, Number(output))).toBe(least);
  });
});
