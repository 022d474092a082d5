import { ManualClock } from '@millrace/runtime';
import { expect, it } from 'vitest';
import { createQueuePace } from './queue-pace.ts';

it('asks as many at once as it may, until some are refused', () => {
  const clock = new ManualClock(1_000);
  const pace = createQueuePace(clock, () => undefined);
  expect(pace.limit(64)).toBe(64);
  pace.answered();
  expect(pace.limit(64)).toBe(64);
});

it('stops at a refusal for as long as it says, then goes on with half, and one more with each answer', async () => {
  const clock = new ManualClock(1_000);
  let resumed = 0;
  const pace = createQueuePace(clock, () => {
    resumed += 1;
  });
  expect(pace.limit(64)).toBe(64);
  pace.refused(2_000);
  expect(pace.limit(64)).toBe(0);
  await clock.advance(1_999);
  expect([pace.limit(64), resumed]).toEqual([0, 0]);
  await clock.advance(1);
  expect([pace.limit(64), resumed]).toEqual([32, 1]);
  pace.answered();
  expect(pace.limit(64)).toBe(33);
});

it('never stands still for good', async () => {
  const clock = new ManualClock(1_000);
  const pace = createQueuePace(clock, () => undefined);
  for (let index = 0; index < 20; index += 1) {
    pace.limit(64);
    pace.refused(10);
    await clock.advance(10);
  }
  expect(pace.limit(64)).toBe(1);
});
