import { expect, onTestFinished, test } from 'vitest';
import { createMetrics, ManualClock, startHealthServer } from '@millrace/runtime';
import { collect, fabricatedEngine, generationOf } from './engine/engine-fixture.ts';
import { readinessProblem } from './readiness.ts';

test('/readyz is 503 while the engine has work and nothing advances, and 200 when it does again or has none', async () => {
  const clock = new ManualClock();
  const step = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const { engine } = fabricatedEngine(
    {
      clock,
      beforeStep: () => {
        reached.resolve();
        return step.promise;
      },
    },
    { stalledAfterMs: 30_000 },
  );
  const bus = { connected: true };
  const server = await startHealthServer({
    port: 0,
    host: '127.0.0.1',
    checks: [{ name: 'inference', check: () => readinessProblem(bus, engine, clock.now()) }],
    metrics: createMetrics(),
  });
  onTestFinished(() => server.stop());
  const readyz = async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
    return { code: response.status, ...((await response.json()) as object) };
  };

  await clock.advance(3_600_000);
  expect(await readyz()).toEqual({ code: 200, status: 'ready' });

  const running = collect(engine.generate(generationOf()));
  await reached.promise;
  await clock.advance(30_000);
  expect(await readyz()).toMatchObject({ status: 'ready' });
  await clock.advance(12_000);
  expect(await readyz()).toEqual({
    code: 503,
    status: 'not_ready',
    problems: {
      inference: 'the engine makes no progress: nothing for 42 s, with 1 at work',
    },
  });

  step.resolve();
  await running;
  expect(await readyz()).toMatchObject({ status: 'ready' });

  bus.connected = false;
  expect(await readyz()).toMatchObject({ problems: { inference: 'not connected to NATS' } });
});
