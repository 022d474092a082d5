import { madeAt } from '@millrace/runtime';
import { expect, test } from 'vitest';
import { intakeRequestId } from './intake-request-id.ts';

const place = { tenant: 'acme', place: 'INTAKE/17', timeMs: 1_700_000_000_000 };

test('the id of a place is the same whoever makes it, and tells when it was', () => {
  const id = intakeRequestId(place);
  expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u);
  expect(intakeRequestId({ ...place, round: 0 })).toBe(id);
  expect(madeAt(id)).toBe(place.timeMs);
});

test('another tenant, place, time or try has another id', () => {
  const others = [{ tenant: 'other' }, { place: 'INTAKE/18' }, { timeMs: place.timeMs + 1 }, { round: 1 }];
  const ids = [place, ...others.map((other) => ({ ...place, ...other }))].map(intakeRequestId);
  expect(new Set(ids).size).toBe(5);
});

test('a time that no UUID holds makes an id all the same', () => {
  for (const timeMs of [-1, 2 ** 53 - 1])
    expect(intakeRequestId({ ...place, timeMs })).toMatch(/^[\da-f-]{36}$/u);
});
