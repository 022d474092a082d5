import { expect, it } from 'vitest';
import type { RequestContent } from '@millrace/stage';
import { requestBody } from './request-body.ts';

const content: RequestContent = { messages: [{ role: 'user', content: 'Hi' }], stop: [] };
const parameters = {
  max_tokens: 100,
  temperature: 1,
  top_p: 1,
  top_k: 0,
  min_p: 0,
  repetition_penalty: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  n: 1,
  seed: -1,
  logprobs: null,
};

const bodyOf = (max_tokens: number, contextLength: number): object =>
  requestBody({ parameters: { ...parameters, max_tokens } }, content, { upstream: 'far', contextLength });

it('asks for what the client or the operator allows', () => {
  expect(bodyOf(100, 8_192)).toMatchObject({ model: 'far', max_tokens: 100, stream: true });
  expect(bodyOf(8_191, 8_192)).toMatchObject({ max_tokens: 8_191 });
});

it('names no limit where all that fits is wanted: providers refuse one that leaves nothing for the prompt', () => {
  expect(bodyOf(8_192, 8_192)).not.toHaveProperty('max_tokens');
  expect(bodyOf(131_072, 1_000_000)).not.toHaveProperty('max_tokens');
});

it('leaves out what says nothing, such as a seed that was chosen here', () => {
  expect(Object.keys(bodyOf(100, 8_192)).toSorted()).toEqual([
    'max_tokens',
    'messages',
    'model',
    'n',
    'stream',
    'stream_options',
    'temperature',
    'top_p',
  ]);
});
