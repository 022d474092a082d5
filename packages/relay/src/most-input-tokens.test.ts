import { describe, expect, it } from 'vitest';
import { mostInputTokens } from './most-input-tokens.ts';
import type { Generation } from './submission.ts';

const content = { messages: [{ role: 'user', content: 'Grüße' }], stop: [] } as const;
const generation = (changes: object = {}) =>
  ({ content, parameters: { n: 1 }, ...changes }) as unknown as Generation;

const most = (asked: object) =>
  mostInputTokens(generation({ content: { messages: [], stop: [], task: asked } }), 2_048);

describe('mostInputTokens', () => {
  it('is at least the bytes of the input, and no more than its context', () => {
    const short = mostInputTokens(generation(), 8_192);
    expect(short).toBeGreaterThanOrEqual(Buffer.byteLength('Grüße'));
    const longer = { ...content, messages: [{ role: 'user', content: 'ü'.repeat(1_000) }] };
    expect(mostInputTokens(generation({ content: longer }), 8_192)).toBeGreaterThan(short + 1_990);
    expect(mostInputTokens(generation({ content: longer }), 512)).toBe(512);
  });

  it('counts a prompt once, and each text of a task', () => {
    const one = mostInputTokens(generation(), 8_192);
    expect(mostInputTokens(generation({ parameters: { n: 3 } }), 8_192)).toBe(one);
    const task = { messages: [], stop: [], task: { texts: ['x'.repeat(500), 'y'.repeat(500)] } };
    expect(mostInputTokens(generation({ content: task, parameters: { n: 2 } }), 512)).toBe(1_024);
  });

  it('counts the labels of each text, in its prompt and behind it', () => {
    const labels = Array.from({ length: 100 }, (_, number) => `${number}`.padEnd(256, 'x'));
    const texts = Array.from({ length: 64 }, () => 'a');
    expect(most({ texts: ['a'], labels })).toBeGreaterThanOrEqual(2_048 + 100 * 256);
    expect(most({ texts, labels })).toBe(64 * most({ texts: ['a'], labels }));
    expect(most({ texts: ['a'], labels: ['x', 'y'] })).toBeLessThan(512);
  });
});
