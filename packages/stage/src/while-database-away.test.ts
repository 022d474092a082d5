import { expect, it } from 'vitest';
import type { Delivery } from '@millrace/bus';
import { createLogger, ManualClock, MillraceError } from '@millrace/runtime';
import { isDatabaseAway, whileDatabaseAway } from './while-database-away.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

function deliveryWith(signal: AbortSignal) {
  const delivery = { signal, worked: 0, working: () => void (delivery.worked += 1) };
  return delivery as typeof delivery & Delivery;
}
const refused = (): Error =>
  new MillraceError('database_unavailable', 'no connection', { cause: new Error('ECONNREFUSED') });

it('waits until the database is back, and says meanwhile that the message is worked on', async () => {
  const clock = new ManualClock();
  const delivery = deliveryWith(new AbortController().signal);
  let away = true;
  const result = whileDatabaseAway({ clock, logger }, [delivery], async () => {
    if (away) throw refused();
    return 'through';
  });
  await clock.advance(20_000);
  expect(delivery.worked).toBe(10);
  away = false;
  await clock.advance(500);
  expect(await result).toBe('through');
  expect(clock.pending).toBe(0);
});

it('ends when the consumption stops', async () => {
  const clock = new ManualClock();
  const stopping = new AbortController();
  const result = whileDatabaseAway({ clock, logger }, [deliveryWith(stopping.signal)], () =>
    Promise.reject(refused()),
  );
  await clock.advance(1_000);
  stopping.abort(new Error('stopped'));
  await expect(result).rejects.toThrow('stopped');
  expect(clock.pending).toBe(0);
});

it('does not repeat what the database refuses', async () => {
  const clock = new ManualClock();
  const broken = Object.assign(new Error('syntax'), { code: '42601' });
  await expect(whileDatabaseAway({ clock, logger }, [], () => Promise.reject(broken))).rejects.toThrow(
    'syntax',
  );
});

it.each([
  [Object.assign(new Error(), { code: '57P01' }), true],
  [Object.assign(new Error(), { code: '40P01' }), true],
  [new MillraceError('database_unavailable', 'gone'), true],
  [Object.assign(new Error(), { code: '23505' }), false],
  ['no error', false],
])('tells %s apart: %s', (error, expected) => {
  expect(isDatabaseAway(error)).toBe(expected);
});
