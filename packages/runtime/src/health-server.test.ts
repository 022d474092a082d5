import { expect, onTestFinished, test } from 'vitest';
import { startHealthServer } from './health-server.ts';
import type { HealthCheck } from './health-routes.ts';
import { createMetrics } from './metrics.ts';

async function start(checks: readonly HealthCheck[], checkLimitMs = 2_000) {
  const metrics = createMetrics();
  const server = await startHealthServer({ port: 0, host: '127.0.0.1', checks, metrics, checkLimitMs });
  onTestFinished(() => server.stop());
  return { metrics, server, get: (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`) };
}

test('ready is 200 when all checks pass, and 503 with the names and reasons when not', async () => {
  let problem: string | undefined = 'not connected';
  const { get } = await start([
    { name: 'bus', check: () => problem },
    {
      name: 'database',
      check: () => (problem === undefined ? undefined : Promise.reject(new Error('down'))),
    },
    { name: 'model', check: () => undefined },
  ]);
  const before = await get('/readyz');
  expect([before.status, await before.json()]).toEqual([
    503,
    { status: 'not_ready', problems: { bus: 'not connected', database: 'down' } },
  ]);
  problem = undefined;
  expect((await get('/readyz')).status).toBe(200);
  expect((await get('/healthz')).status).toBe(200);
});

test('a check that never answers counts as not ready', async () => {
  const { get } = await start([{ name: 'stuck', check: () => new Promise<undefined>(() => undefined) }], 10);
  expect(await (await get('/readyz')).json()).toMatchObject({
    problems: { stuck: 'no answer within 10 ms' },
  });
});

test('metrics are exposed, and the same name gives the same metric', async () => {
  const { get, metrics } = await start([]);
  const options = { name: 'millrace_things_total', help: 'Things', labelNames: ['kind'] } as const;
  metrics.counter(options).inc({ kind: 'a' });
  metrics.counter(options).inc({ kind: 'a' });
  expect(await (await get('/metrics')).text()).toContain('millrace_things_total{kind="a"} 2');
  expect(() => metrics.gauge(options)).toThrow('of another kind');
});

test('a taken port is named with the variable that changes it', async () => {
  const { server } = await start([]);
  await expect(
    startHealthServer({
      port: server.port,
      host: '127.0.0.1',
      checks: [],
      metrics: createMetrics(),
      portVariable: 'HEALTH_PORT',
    }),
  ).rejects.toMatchObject({
    code: 'port_in_use',
    message: `Port ${server.port} is in use: stop the other program or set HEALTH_PORT`,
  });
});
