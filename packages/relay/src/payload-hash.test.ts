import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { GenerationBody } from './generation-schema.ts';
import { payloadHash } from './payload-hash.ts';
import { readGeneration } from './read-generation.ts';

const hash = (body: GenerationBody): string => payloadHash(readGeneration({ prompt: 'Hello', ...body }));
const tools = (parameters: Readonly<Record<string, unknown>>) =>
  [{ type: 'function', function: { name: 'weather', parameters } }] as const;

test('a request that does without the newer fields has the hash that it always had', () => {
  const canonical = JSON.stringify([null, [['user', 'Hello']], ['END'], [5, 0.7, 0, 1, 7]]);
  const expected = createHash('sha256').update(canonical).digest('hex');
  expect(hash({ max_tokens: 5, seed: 7, stop: 'END' })).toBe(expected);
  expect(hash({ max_tokens: 5, seed: 7, stop: 'END', n: 1, min_p: 0, priority: 'normal' })).toBe(expected);
});

test('every field makes another request of it', () => {
  const bodies: readonly GenerationBody[] = [
    {},
    { min_p: 0.1 },
    { repetition_penalty: 1.1 },
    { presence_penalty: 0.1 },
    { frequency_penalty: 0.1 },
    { n: 2 },
    { logprobs: true },
    { logprobs: true, top_logprobs: 1 },
    { logit_bias: { 1: 1 } },
    { logit_bias: { 1: 2 } },
    { response_format: { type: 'json_object' } },
    { tools: tools({}) },
    { tools: tools({}), tool_choice: 'none' },
    { priority: 'low' },
    { timeout_ms: 1_000 },
  ];
  expect(new Set(bodies.map(hash)).size).toBe(bodies.length);
});

test('the order of fields does not matter', () => {
  expect(hash({ tools: tools({ type: 'object', required: ['a'] }) })).toBe(
    hash({ tools: tools({ required: ['a'], type: 'object' }) }),
  );
});
