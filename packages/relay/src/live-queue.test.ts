import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { LiveQueue, type LiveRecord } from './live-queue.ts';

const record = (sequence: number): LiveRecord => ({
  sequence,
  previousSequence: sequence - 1,
  payload: new Uint8Array(),
});
const never = new AbortController().signal;

test('hands records over in order, also to a reader that waits', async () => {
  const queue = new LiveQueue(4);
  const waiting = queue.take(never);
  queue.push(record(1));
  queue.push(record(2));
  expect(await waiting).toMatchObject({ sequence: 1 });
  expect(await queue.take(never)).toMatchObject({ sequence: 2 });
});

test('drops everything when it is full, and collects anew once restarted', async () => {
  const queue = new LiveQueue(2);
  for (const sequence of [1, 2, 3, 4]) queue.push(record(sequence));
  expect(await queue.take(never)).toBe('stale');
  expect(await queue.take(never)).toBe('stale');
  queue.restart();
  queue.push(record(5));
  expect(await queue.take(never)).toMatchObject({ sequence: 5 });
});

test('a reader that waits is let go when its signal is aborted', async () => {
  const controller = new AbortController();
  const waiting = new LiveQueue(2).take(controller.signal);
  controller.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
});

test('a signal that outlives many waits has no listeners left', async () => {
  const controller = new AbortController();
  const queue = new LiveQueue(2);
  for (let sequence = 1; sequence <= 20; sequence += 1) {
    const waiting = queue.take(controller.signal);
    queue.push(record(sequence));
    await waiting;
  }
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('a reader that waits is told at once that something was missed', async () => {
  const queue = new LiveQueue(2);
  const waiting = queue.take(never);
  queue.invalidate();
  expect(await waiting).toBe('stale');
});
