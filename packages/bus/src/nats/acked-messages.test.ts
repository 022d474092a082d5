import { expect, it } from 'vitest';
import { createAckedMessages } from './acked-messages.ts';

it('knows a message that was acked, and no other', () => {
  const acked = createAckedMessages(10);
  acked.add({ sequence: 1, storedAt: 1_000 });
  expect(acked.has({ sequence: 1, storedAt: 1_000 })).toBe(true);
  expect(acked.has({ sequence: 2, storedAt: 1_000 })).toBe(false);
});

it('does not take another message for it that was given the same sequence', () => {
  const acked = createAckedMessages(10);
  acked.add({ sequence: 1, storedAt: 1_000 });
  expect(acked.has({ sequence: 1, storedAt: 2_000 })).toBe(false);
});

it('forgets the oldest beyond its capacity', () => {
  const acked = createAckedMessages(2);
  for (const sequence of [1, 2, 1, 3]) acked.add({ sequence, storedAt: 0 });
  expect([1, 2, 3].map((sequence) => acked.has({ sequence, storedAt: 0 }))).toEqual([true, false, true]);
});
