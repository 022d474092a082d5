import { expect, test } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { seededRandom } from './random-source.ts';
import { createIdGenerator, madeAt, uuidv7, uuidv7Of } from './uuid-v7.ts';

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('an id carries the time in its first 48 bits, then version and variant', () => {
  const id = uuidv7(new ManualClock(0x017f22e279b0), seededRandom(1));
  expect(id).toMatch(form);
  expect(id.slice(0, 13)).toBe('017f22e2-79b0');
  expect(madeAt(id)).toBe(0x017f22e279b0);
});

test('ids of one generator rise within a millisecond, past its counter, and when the clock goes back', async () => {
  const next = createIdGenerator(Object.assign(new ManualClock(), { now: () => time }), seededRandom(2));
  let time = 5_000_000;
  const ids: string[] = [];
  for (let index = 0; index < 10_000; index++) {
    if (index === 6_000) time -= 1_000;
    ids.push(next());
  }
  expect(ids.every((id) => form.test(id))).toBe(true);
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
});

test('an id of a moment and of bytes is the same each time, and another for others', () => {
  const tail = seededRandom(3).bytes(10);
  const id = uuidv7Of(0x017f22e279b0, tail);
  expect(id).toMatch(form);
  expect(madeAt(id)).toBe(0x017f22e279b0);
  expect(uuidv7Of(0x017f22e279b0, Uint8Array.from(tail))).toBe(id);
  expect(uuidv7Of(0x017f22e279b1, tail)).not.toBe(id);
  expect(uuidv7Of(0x017f22e279b0, seededRandom(4).bytes(10))).not.toBe(id);
});
