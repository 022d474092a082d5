import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMetrics, type Metrics } from '@millrace/runtime';
import { guardCall, type GuardedCall } from './circuit-breaker.ts';

let metrics: Metrics;
let isWell: boolean;
let made: number;
let guarded: GuardedCall<string, string>;

beforeEach(() => {
  vi.useFakeTimers();
  metrics = createMetrics();
  isWell = false;
  made = 0;
  const action = async (name: string): Promise<string> => {
    made += 1;
    if (!isWell) throw new Error('nobody is there');
    return `hello ${name}`;
  };
  guarded = guardCall(action, { name: 'greeting', message: 'No greeting now.', breakMs: 2_000, metrics });
});

afterEach(async () => {
  await guarded.stop();
  vi.useRealTimers();
});

async function exposed(): Promise<string[]> {
  const { body } = await metrics.expose();
  return body.split('\n').filter((line) => line.includes('circuit="greeting"'));
}

async function failFiveTimes(): Promise<void> {
  for (let call = 0; call < 5; call += 1) {
    await expect(guarded.call('Ada')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'No greeting now.',
      retryAfterMs: 2_000,
      cause: { message: 'nobody is there' },
    });
  }
}

test('hands answers through while the part behind it is well', async () => {
  isWell = true;
  expect(await guarded.call('Ada')).toBe('hello Ada');
  expect(await exposed()).toEqual([
    'millrace_gateway_circuit_calls_total{circuit="greeting",result="success"} 1',
    'millrace_gateway_circuit_open{circuit="greeting"} 0',
  ]);
});

test('refuses at once after five failures, without a call, and says so in the metrics', async () => {
  await failFiveTimes();
  await expect(guarded.call('Ada')).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 2_000 });
  expect(made).toBe(5);
  expect(await exposed()).toEqual([
    'millrace_gateway_circuit_calls_total{circuit="greeting",result="failure"} 5',
    'millrace_gateway_circuit_calls_total{circuit="greeting",result="refused"} 1',
    'millrace_gateway_circuit_open{circuit="greeting"} 1',
  ]);
});

test('lets one call through after the break, and all of them once it has succeeded', async () => {
  await failFiveTimes();
  vi.advanceTimersByTime(2_000);
  await expect(guarded.call('Ada')).rejects.toMatchObject({ cause: { message: 'nobody is there' } });
  await expect(guarded.call('Ada')).rejects.toMatchObject({ code: 'unavailable' });
  expect(made).toBe(6);
  isWell = true;
  vi.advanceTimersByTime(2_000);
  expect(await guarded.call('Ada')).toBe('hello Ada');
  expect(await guarded.call('Eve')).toBe('hello Eve');
  expect(await exposed()).toContain('millrace_gateway_circuit_open{circuit="greeting"} 0');
});
