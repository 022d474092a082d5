import { describe, expect, it } from 'vitest';
import { encodePrompt, refuseFarTooLong, withSystemPrompt } from './prompt.ts';

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

  it('says of one that is far too long no more than that', () => {
    expect(() => encodePrompt(() => new Int32Array(7), { messages: [user], stop: [] }, 3)).toThrow(
      /more than 6 tokens.*at most 3/,
    );
  });

  it('takes a prompt that leaves room for one token', () => {
    expect(encodePrompt(encoder, { messages: [user], stop: [] }, 4)).toHaveLength(3);
  });
});

describe('refuseFarTooLong', () => {
  const limits = { longestTokenBytes: 8, contextLength: 10 };

  it('refuses what cannot fit even in the longest tokens, before it is encoded', () => {
    expect(() => refuseFarTooLong([user, { role: 'user', content: 'ä'.repeat(36) }], limits)).toThrow(
      expect.objectContaining({
        code: 'context_length_exceeded',
        message: expect.stringMatching(/at least 10 tokens.*at most 10/),
      }),
    );
  });

  it('counts calls of functions, and the functions themselves', () => {
    const long = 'a'.repeat(80);
    const call = { id: 'c', type: 'function', function: { name: 'x', arguments: long } } as const;
    const calling = { role: 'assistant', content: '', tool_calls: [call] } as const;
    const tool = { type: 'function', function: { name: 'x', description: long } } as const;
    expect(() => refuseFarTooLong([calling], limits)).toThrow(/at least 10 tokens/);
    expect(() => refuseFarTooLong([user], limits, [tool])).toThrow(/at least/);
  });

  it('takes what may fit', () => {
    expect(() => refuseFarTooLong([{ role: 'user', content: 'a'.repeat(72) }], limits)).not.toThrow();
  });
});

describe('withSystemPrompt', () => {
  it('goes before a conversation without a system message, and leaves one with its own alone', () => {
    expect(withSystemPrompt([user], 'Be brief.')).toEqual([system, user]);
    expect(withSystemPrompt([system, user], 'Be long.')).toEqual([system, user]);
    expect(withSystemPrompt([user], undefined)).toEqual([user]);
  });
});
