import { describe, expect, it } from 'vitest';
import { scrub } from './scrub.ts';

describe('scrub', () => {
  it('replaces personal data in messages of every role, the same value by the same placeholder', () => {
    const { content, mapping, counts } = scrub({
      messages: [
        { role: 'system', content: 'The client is ann@corp.example.' },
        { role: 'user', content: 'Mail ann@corp.example and bob@corp.example from 10.20.30.40' },
      ],
      stop: ['END'],
    });
    expect(content).toEqual({
      messages: [
        { role: 'system', content: 'The client is <EMAIL_1>.' },
        { role: 'user', content: 'Mail <EMAIL_1> and <EMAIL_2> from <IP_1>' },
      ],
      stop: ['END'],
    });
    expect(Object.fromEntries(mapping)).toEqual({
      '<EMAIL_1>': 'ann@corp.example',
      '<EMAIL_2>': 'bob@corp.example',
      '<IP_1>': '10.20.30.40',
    });
    expect(counts).toEqual({ email: 2, ip: 1 });
  });

  it('uses no placeholder that the client wrote', () => {
    const { content } = scrub({
      messages: [{ role: 'user', content: '<EMAIL_1> is ann@corp.example' }],
      stop: [],
    });
    expect(content.messages[0]?.content).toBe('<EMAIL_1> is <EMAIL_2>');
  });

  it('leaves clean content as it is', () => {
    const content = { messages: [{ role: 'user', content: 'Why is the sky blue?' }], stop: [] } as const;
    expect(scrub(content)).toMatchObject({ content, counts: {} });
  });
});
