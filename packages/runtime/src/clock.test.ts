import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { ManualClock } from './manual-clock.ts';

const never = new AbortController().signal;

test('advancing runs what is due in order, loops that sleep again included', async () => {
  const clock = new ManualClock(1_000);
  const seen: string[] = [];
  clock.setTimer(25, () => seen.push(`timer ${clock.monotonicMs()}`));
  const loop = (async () => {
    for (let round = 0; round < 3; round++) {
      await clock.sleep(10, never);
      seen.push(`loop ${clock.monotonicMs()}`);
    }
  })();
  await clock.advance(29);
  expect(seen).toEqual(['loop 10', 'loop 20', 'timer 25']);
  await clock.advance(1);
  await loop;
  expect([seen.at(-1), clock.now(), clock.pending]).toEqual(['loop 30', 1_030, 0]);
});

test('a cancelled timer does not run', async () => {
  const clock = new ManualClock();
  let ran = false;
  clock.setTimer(5, () => (ran = true)).cancel();
  await clock.advance(10);
  expect(ran).toBe(false);
});

test.each([
  ['manual', new ManualClock()],
  ['system', systemClock],
])(
  'an aborted sleep of the %s clock rejects with the reason and leaves no listener',
  async (_name, clock) => {
    const controller = new AbortController();
    const sleeping = clock.sleep(60_000, controller.signal);
    const reason = new Error('stopped');
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    await expect(clock.sleep(1, controller.signal)).rejects.toBe(reason);
  },
);
