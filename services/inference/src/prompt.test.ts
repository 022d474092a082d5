import { describe, expect, it } from 'vitest';
import { encodePrompt, withSystemPrompt } from './prompt.ts';

const user = { role: 'user', content: 'Hi' } as const;
const system = { role: 'system', content: 'Be brief.' } as const;
const encoder = () => Int32Array.of(1, 2, 3);

describe('encodePrompt', () => {
  it('refuses a prompt that leaves no room for an answer, with both counts', () => {
    expect(() => encodePrompt(encoder, { messages: [user], stop: [] }, 3)).toThrow(
      expect.objectContaining({
        code: 'context_length_exceeded',
        param: undefined,
        message: expect.stringMatching(/3 tokens.*at most 3/),
      }),
    );
  });

  it('takes a prompt that leaves room for one token', () => {
    expect(encodePrompt(encoder, { messages: [user], stop: [] }, 4)).toHaveLength(3);
  });
});

describe('withSystemPrompt', () => {
  it('goes before a conversation without a system message, and leaves one with its own alone', () => {
    expect(withSystemPrompt([user], 'Be brief.')).toEqual([system, user]);
    expect(withSystemPrompt([system, user], 'Be long.')).toEqual([system, user]);
    expect(withSystemPrompt([user], undefined)).toEqual([user]);
  });
});
