import { expect, it, vi } from 'vitest';
import { ManualClock } from '@millrace/runtime';
import { startLoop } from './loop.ts';

it('runs at once, then at each interval, until it is stopped', async () => {
  const clock = new ManualClock();
  let rounds = 0;
  const loop = startLoop(
    { clock, intervalMs: 1_000, onError: vi.fn<(error: unknown) => void>() },
    async () => {
      rounds += 1;
    },
  );
  await clock.advance(0);
  expect(rounds).toBe(1);
  await clock.advance(2_500);
  expect(rounds).toBe(3);
  await loop.stop();
  await clock.advance(5_000);
  expect(rounds).toBe(3);
  expect(clock.pending).toBe(0);
});

it('runs again at once when it is woken, also when that happens during a round', async () => {
  const clock = new ManualClock();
  let rounds = 0;
  let release: (() => void) | undefined;
  const loop = startLoop({ clock, intervalMs: 1_000, onError: vi.fn<(error: unknown) => void>() }, () => {
    rounds += 1;
    return new Promise((resolve) => (release = resolve));
  });
  loop.wake();
  release?.();
  await clock.advance(0);
  expect(rounds).toBe(2);
  release?.();
  await clock.advance(0);
  expect(rounds).toBe(2);
  loop.wake();
  await clock.advance(0);
  expect(rounds).toBe(3);
  release?.();
  await loop.stop();
});

it('goes on after a round that failed, and reports it', async () => {
  const clock = new ManualClock();
  const onError = vi.fn<(error: unknown) => void>();
  let rounds = 0;
  const loop = startLoop({ clock, intervalMs: 10, onError }, () => {
    rounds += 1;
    return rounds === 1 ? Promise.reject(new Error('first')) : Promise.resolve();
  });
  await clock.advance(10);
  expect(rounds).toBe(2);
  expect(onError).toHaveBeenCalledOnce();
  await loop.stop();
});
