import { describe, expect, it } from 'vitest';
import { compileValidator } from '@millrace/runtime';
import type { TaskOperation } from '@millrace/stage';
import { payloadHash } from './payload-hash.ts';
import { readTask } from './read-task.ts';
import { requiredTaskProperties, taskProperties, type TaskBody } from './task-schema.ts';

function read(operation: TaskOperation, body: object) {
  const validate = compileValidator<TaskBody>({
    type: 'object',
    required: requiredTaskProperties[operation],
    additionalProperties: false,
    properties: taskProperties[operation],
  });
  return readTask(operation, validate({ text: 'Hello', ...body }));
}

const labels = ['a', 'b', 'c'];

describe('readTask', () => {
  it('takes a text or a list of texts, and fills in what is usual', () => {
    expect(read('summarize', {})).toMatchObject({
      operation: 'summarize',
      model: undefined,
      content: { messages: [], stop: [], task: { texts: ['Hello'] } },
      parameters: { max_tokens: 256, temperature: 0, n: 1, logprobs: null },
      seed: undefined,
      priority: 'NORMAL',
    });
    const many = read('embed', { text: ['one', 'two'], model: 'm', priority: 'low', timeout_ms: 5 });
    expect(many).toMatchObject({
      operation: 'embed',
      model: 'm',
      content: { task: { texts: ['one', 'two'] } },
      parameters: { n: 2 },
      priority: 'LOW',
      timeoutMs: 5,
    });
  });

  it('takes what belongs to each task', () => {
    expect(read('classify', { labels, top_k: 3 }).content.task).toEqual({
      texts: ['Hello'],
      labels,
      top_k: 3,
    });
    const languages = { source_language: 'Norwegian (Bokmål)', target_language: 'Français' };
    expect(read('translate', { ...languages, seed: 7 })).toMatchObject({
      content: { task: languages },
      seed: 7,
    });
    expect(read('summarize', { max_words: 100 }).parameters.max_tokens).toBe(216);
    expect(read('summarize', { max_words: 4_000 }).parameters.max_tokens).toBe(8_016);
    expect(read('summarize', { max_words: 100, max_tokens: 50 }).parameters.max_tokens).toBe(50);
  });

  it.each([
    ['summarize', { text: '' }, 'missing_value', 'text', /text is empty/],
    ['summarize', { text: ' \n' }, 'missing_value', 'text', /text is blank/],
    [
      'summarize',
      { text: [] },
      'invalid_value',
      'text',
      /list of 0: it must be a text .* or a list of 1 to 64/,
    ],
    ['summarize', { text: ['a', ' '] }, 'missing_value', 'text[1]', /text\[1\] is blank/],
    ['summarize', { text: ['a', 7] }, 'invalid_value', 'text[1]', /must be a text/],
    ['summarize', { text: 7 }, 'invalid_value', 'text', /text is a number: it must be a text .* or a list/],
    [
      'embed',
      { text: Array.from({ length: 65 }, () => 'a') },
      'invalid_value',
      'text',
      /a list of 65: .* a list of 1 to 64 items/,
    ],
    ['embed', { text: ['a', '\ud83d'] }, 'invalid_unicode', 'text[1]', /surrogate/],
    ['embed', { text: 'a'.repeat(1024 ** 2 + 1) }, 'payload_too_large', 'text', /1048577 bytes/],
    ['embed', { labels }, 'invalid_value', 'labels', /not a field/],
    ['summarize', { max_words: 0 }, 'invalid_value', 'max_words', /max_words is 0: .* from 1 to 4000/],
    ['translate', {}, 'missing_value', 'target_language', /target_language is missing/],
    [
      'translate',
      { target_language: 'ada@example.com' },
      'invalid_value',
      'target_language',
      /target_language/,
    ],
    ['classify', {}, 'missing_value', 'labels', /labels is missing/],
    [
      'classify',
      { labels: ['a'] },
      'invalid_value',
      'labels',
      /labels is a list of 1: it must be a list of 2 to 100/,
    ],
    [
      'classify',
      { labels: ['a', 'b', ' a'] },
      'invalid_value',
      'labels[2]',
      /labels\[2\] is the same as labels\[0\]/,
    ],
    ['classify', { labels: ['a', ' '] }, 'missing_value', 'labels[1]', /labels\[1\] is blank/],
    ['classify', { labels: ['a', ''] }, 'missing_value', 'labels[1]', /labels\[1\] is empty/],
    [
      'classify',
      { labels: Array.from({ length: 101 }, (_, index) => `${index}`) },
      'invalid_value',
      'labels',
      /labels is a list of 101: it must be a list of 2 to 100/,
    ],
    ['classify', { labels, top_k: 4 }, 'invalid_value', 'top_k', /top_k is 4: .* from 1 to 3/],
    ['classify', { labels, temperature: 1 }, 'invalid_value', 'temperature', /not a field/],
  ] as const)('refuses %s of %j with %s of %s', (operation, body, code, param, message) => {
    expect(() => read(operation, body)).toThrow(
      expect.objectContaining({ code, param, message: expect.stringMatching(message) as string }),
    );
  });
});

it('another task, text, label or language is another request to an idempotency key', () => {
  const hashes = [
    read('summarize', {}),
    read('embed', {}),
    read('embed', { text: ['Hello', 'Hello'] }),
    read('classify', { labels }),
    read('classify', { labels: labels.toReversed() }),
    read('translate', { target_language: 'French' }),
    read('translate', { target_language: 'German' }),
  ].map(payloadHash);
  expect(new Set(hashes).size).toBe(hashes.length);
});
