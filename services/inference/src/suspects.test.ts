import { expect, it } from 'vitest';
import { createSuspects } from './suspects.ts';

const never = new AbortController().signal;

it('gives each its turn when the one before has ended', async () => {
  const suspects = createSuspects();
  const order: string[] = [];
  const endFirst = await suspects.enter(never);
  const second = suspects.enter(never).then((end) => {
    order.push('second');
    return end;
  });
  const third = suspects.enter(never).then((end) => {
    order.push('third');
    return end;
  });
  order.push('first');
  endFirst();
  endFirst();
  const endSecond = await second;
  expect(order).toEqual(['first', 'second']);
  endSecond();
  await third;
  expect(order).toEqual(['first', 'second', 'third']);
});

it('lets one go on out of turn whose signal is aborted, and keeps the order of the others', async () => {
  const suspects = createSuspects();
  const endFirst = await suspects.enter(never);
  const impatient = new AbortController();
  const second = suspects.enter(impatient.signal);
  const order: string[] = [];
  const third = suspects.enter(never).then(() => order.push('third'));
  impatient.abort();
  const endSecond = await second;
  order.push('second');
  endSecond();
  order.push('first ends');
  endFirst();
  await third;
  expect(order).toEqual(['second', 'first ends', 'third']);
});
