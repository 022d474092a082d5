import { describe, expect, it } from 'vitest';
import { scrubWith } from './pii.fixture.ts';

describe('scrub', () => {
  it('replaces personal data in messages of every role, the same value by the same placeholder', () => {
    const { content, mapping, counts } = scrubWith({
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
      EMAIL_1: 'ann@corp.example',
      EMAIL_2: 'bob@corp.example',
      IP_1: '10.20.30.40',
    });
    expect(counts).toEqual([
      { type: 'EMAIL_ADDRESS', action: 'replace', count: 2 },
      { type: 'IP_ADDRESS', action: 'replace', count: 1 },
    ]);
  });

  it('replaces the address of a street, and leaves places and persons, by default', () => {
    const { content, mapping, counts } = scrubWith({
      messages: [
        { role: 'user', content: 'Dr. Ada Moyo lives in Ciudad Real. Her clinic: 12 Elm Street, Apt. 3.' },
      ],
      stop: [],
    });
    expect(content.messages[0]?.content).toBe('Dr. Ada Moyo lives in Ciudad Real. Her clinic: <ADDRESS_1>.');
    expect(mapping.get('ADDRESS_1')).toBe('12 Elm Street, Apt. 3');
    expect(counts).toContainEqual({ type: 'STREET_ADDRESS', action: 'replace', count: 1 });
  });

  it('uses no placeholder that the client wrote', () => {
    const { content } = scrubWith({
      messages: [{ role: 'user', content: '<EMAIL_1> is ann@corp.example' }],
      stop: [],
    });
    expect(content.messages[0]?.content).toBe('<EMAIL_1> is <EMAIL_2>');
  });

  it('replaces in tools and in the schema of the answer, in stop strings, and leaves names of functions and biases', () => {
    const mail = 'ann@corp.example';
    const name = 'mail_ann';
    const { content } = scrubWith({
      messages: [{ role: 'user', content: `{"to": "${mail}"}` }],
      stop: [mail],
      logit_bias: { 17: 5 },
      response_format: { type: 'json_schema', json_schema: { name, schema: { const: mail } } },
      tools: [
        {
          type: 'function',
          function: {
            name,
            description: `Mails ${mail}.`,
            parameters: { properties: { to: { default: mail } } },
          },
        },
      ],
      tool_choice: { type: 'function', function: { name } },
    });
    expect(content).toEqual({
      messages: [{ role: 'user', content: '{"to": "<EMAIL_1>"}' }],
      stop: ['<EMAIL_1>'],
      logit_bias: { 17: 5 },
      response_format: { type: 'json_schema', json_schema: { name, schema: { const: '<EMAIL_1>' } } },
      tools: [
        {
          type: 'function',
          function: {
            name,
            description: 'Mails <EMAIL_1>.',
            parameters: { properties: { to: { default: '<EMAIL_1>' } } },
          },
        },
      ],
      tool_choice: { type: 'function', function: { name } },
    });
  });

  it('replaces in the texts of a task and leaves its labels, of which none is taken for a placeholder', () => {
    const mail = 'ann@corp.example';
    const task = {
      texts: [`Mail ${mail}`, `{"to":"${mail}"}`],
      labels: [mail, '<EMAIL_1>'],
      top_k: 1,
    };
    const { content, mapping } = scrubWith({ messages: [], stop: [], task });
    expect(content).toEqual({
      messages: [],
      stop: [],
      task: { ...task, texts: ['Mail <EMAIL_2>', '{"to":"<EMAIL_2>"}'] },
    });
    expect([...mapping]).toEqual([['EMAIL_2', mail]]);
  });

  it('uses no placeholder that the client wrote with escapes', () => {
    const { content } = scrubWith({
      messages: [{ role: 'user', content: '["\\u003cEMAIL_1>", "ann@corp.example"]' }],
      stop: [],
    });
    expect(JSON.parse(content.messages[0]?.content ?? '')).toEqual(['<EMAIL_1>', '<EMAIL_2>']);
  });

  it('leaves clean content as it is', () => {
    const content = { messages: [{ role: 'user', content: 'Why is the sky blue?' }], stop: [] } as const;
    expect(scrubWith(content)).toMatchObject({ content, counts: [] });
  });

  it('does what the policy of the tenant says, and refuses what it blocks without naming it', () => {
    const content = {
      messages: [{ role: 'user', content: 'Mail ann@corp.example from 10.20.30.40, not press@corp.example' }],
      stop: [],
    } as const;
    const policy = {
      actions: { EMAIL_ADDRESS: 'mask', IP_ADDRESS: 'report' },
      allow: ['Press@corp.example'],
    } as const;
    expect(scrubWith(content, policy)).toMatchObject({
      content: { messages: [{ content: 'Mail <EMAIL_ADDRESS> from 10.20.30.40, not press@corp.example' }] },
      counts: [
        { type: 'EMAIL_ADDRESS', action: 'mask', count: 1 },
        { type: 'IP_ADDRESS', action: 'report', count: 1 },
      ],
    });
    expect(() => scrubWith(content, { actions: { IP_ADDRESS: 'block' } })).toThrow(
      expect.objectContaining({
        code: 'content_blocked',
        message: expect.not.stringContaining('10.20') as string,
      }),
    );
  });
});

it('knows by the names of fields what their values are', () => {
  const text =
    '{"phone": ["2125550198", 2125550199], "born": {"date_of_birth": "1984-03-27"}, "ssn": 536228726, "password": "hunter2Xy", "n": 2125550198}';
  const { content, counts } = scrubWith({ messages: [{ role: 'user', content: text }], stop: [] });
  expect(JSON.parse(content.messages[0]?.content ?? '')).toEqual({
    phone: ['<PHONE_1>', '<PHONE_2>'],
    born: { date_of_birth: '<DATE_OF_BIRTH_1>' },
    ssn: '<US_SSN_1>',
    password: '<SECRET_1>',
    n: 2_125_550_198,
  });
  expect(counts.map(({ count }) => count)).toEqual([1, 2, 1, 1]);
});
