import { beforeEach, expect, it } from 'vitest';
import { keepConsumer, type KeptConsumer } from './keep-consumer.ts';

const failure = new Error('The coordinator is loading');
let events: string[];
let endNow: (error: Error) => void;
/** What the next start does besides. */
let whileStarting: (ended: (error: Error) => void) => void;
let kept: KeptConsumer;

beforeEach(() => {
  events = [];
  whileStarting = () => undefined;
  kept = keepConsumer(
    async (topics, ended) => {
      const name = topics.join('+');
      events.push(`start ${name}`);
      endNow = ended;
      whileStarting(ended);
      return { stop: async () => void events.push(`stop ${name}`) };
    },
    ({ message }) => events.push(`ended: ${message}`),
  );
});

it('one consumer is kept for the same topics, another one for others, none for none', async () => {
  await kept.ensure(['a']);
  await kept.ensure(['a']);
  await kept.ensure(['a', 'b']);
  await kept.ensure([]);
  await kept.ensure(['a']);
  await kept.stop();
  expect(events).toEqual(['start a', 'stop a', 'start a+b', 'stop a+b', 'start a', 'stop a']);
});

it('one that has ended is followed by another, also where it ended while it was started', async () => {
  await kept.ensure(['a']);
  endNow(failure);
  whileStarting = (ended) => ended(failure);
  await kept.ensure(['a']);
  whileStarting = () => undefined;
  await kept.ensure(['a']);
  await kept.ensure(['a']);
  expect(events).toEqual([
    'start a',
    `ended: ${failure.message}`,
    'start a',
    `ended: ${failure.message}`,
    'start a',
  ]);
});

it('one that could not be started is tried again', async () => {
  whileStarting = () => {
    throw failure;
  };
  await expect(kept.ensure(['a'])).rejects.toBe(failure);
  whileStarting = () => undefined;
  await kept.ensure(['a']);
  expect(events).toEqual(['start a', 'start a']);
});
