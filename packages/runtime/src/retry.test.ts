import { expect, test } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { MillraceError } from './millrace-error.ts';
import { retry, type RetryOptions } from './retry.ts';

function options(clock: ManualClock, changes: Partial<RetryOptions> = {}): RetryOptions {
  return {
    signal: new AbortController().signal,
    clock,
    random: { bytes: (length) => new Uint8Array(length), unit: () => 0.999_999 },
    maxElapsedMs: 1_000,
    initialMs: 100,
    maxMs: 300,
    ...changes,
  };
}

const away = (): MillraceError => new MillraceError('unavailable', 'away');

test('a retryable failure is tried again after doubling, bounded pauses until the time is up', async () => {
  const clock = new ManualClock();
  const startsMs: number[] = [];
  const outcome = retry(async () => {
    startsMs.push(Math.round(clock.monotonicMs()));
    return Promise.reject(away());
  }, options(clock)).catch((error: unknown) => error);
  await clock.advance(5_000);
  expect(await outcome).toMatchObject({ code: 'unavailable' });
  expect(startsMs).toEqual([0, 100, 300, 600, 900]);
});

test('success ends it, and the operation knows its attempt', async () => {
  const clock = new ManualClock();
  const outcome = retry(
    async (attempt) => (attempt < 3 ? Promise.reject(away()) : Promise.resolve(attempt)),
    options(clock),
  );
  await clock.advance(1_000);
  await expect(outcome).resolves.toBe(3);
});

test('a failure that is not retryable is thrown at once', async () => {
  const error = new MillraceError('invalid_value', 'no');
  await expect(retry(async () => Promise.reject(error), options(new ManualClock()))).rejects.toBe(error);
});

test('an abort ends the pause with its reason', async () => {
  const controller = new AbortController();
  const clock = new ManualClock();
  const outcome = retry(
    async () => Promise.reject(away()),
    options(clock, { signal: controller.signal }),
  ).catch((error: unknown) => error);
  await clock.advance(0);
  const reason = new Error('stopped');
  controller.abort(reason);
  expect(await outcome).toBe(reason);
});

test('the wait that the other side asked for is kept', async () => {
  const clock = new ManualClock();
  const startsMs: number[] = [];
  const outcome = retry(async (attempt) => {
    startsMs.push(clock.monotonicMs());
    if (attempt === 1) throw new MillraceError('overloaded', 'full', { retryAfterMs: 700 });
  }, options(clock));
  await clock.advance(1_000);
  await outcome;
  expect(startsMs).toEqual([0, 700]);
});
