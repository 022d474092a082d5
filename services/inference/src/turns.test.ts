import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

const never = new AbortController().signal;

it('gives each its turn when the one before has ended', async () => {
  const turns = createTurns();
  const order: string[] = [];
  const endFirst = await turns.enter(never);
  const second = turns.enter(never).then((end) => {
    order.push('second');
    return end;
  });
  const third = turns.enter(never).then((end) => {
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
  const turns = createTurns();
  const endFirst = await turns.enter(never);
  const impatient = new AbortController();
  const second = turns.enter(impatient.signal);
  const order: string[] = [];
  const third = turns.enter(never).then(() => order.push('third'));
  impatient.abort();
  const endSecond = await second;
  order.push('second');
  endSecond();
  order.push('first ends');
  endFirst();
  await third;
  expect(order).toEqual(['second', 'first ends', 'third']);
});
