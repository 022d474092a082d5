import { expect, it } from 'vitest';
import { PendingChunk } from './pending-chunk.ts';

it('gives out no more tokens at once than a message holds, and the text and the end with the last of them', () => {
  const chunk = new PendingChunk();
  const logprobs = Array.from({ length: 600 }, (_, index) => ({
    token: String(index),
    bytes: [],
    logprob: 0,
    top_logprobs: [],
  }));
  chunk.add({ tokens: new Int32Array(600), text: 'all', logprobs, finishReason: 'stop' });
  const taken = [chunk.take(), chunk.take(), chunk.take()];
  expect(taken.map(({ tokens }) => tokens.length)).toEqual([256, 256, 88]);
  expect(taken.map(({ text, finish_reason }) => [text, finish_reason])).toEqual([
    ['', undefined],
    ['', undefined],
    ['all', 'stop'],
  ]);
  expect(taken.flatMap((each) => each.logprobs?.map(({ token }) => token))).toEqual(
    logprobs.map(({ token }) => token),
  );
  expect(chunk.isEmpty).toBe(true);
});
