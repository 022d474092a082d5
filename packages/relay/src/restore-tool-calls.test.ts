import { describe, expect, it } from 'vitest';
import { restoreToolCalls } from './restore-tool-calls.ts';

const callWith = (value: unknown) =>
  ({ id: 'call_1', type: 'function', function: { name: 'send', arguments: JSON.stringify(value) } }) as const;

const maskPhone = (text: string): string => text.replace('phone: 2125550198', 'phone: <PHONE_1>');

describe('restoreToolCalls', () => {
  it('puts originals back into keys and values, and leaves JSON', () => {
    const mapping = new Map([
      ['NAME_1', 'Ada "the first"'],
      ['EMAIL_1', 'ada@example.com'],
    ]);
    const calls = [callWith({ to: ['<EMAIL_1>'], text: 'Dear <NAME_1>, <EMAIL', '<NAME_1>': 1 })];
    const [restored] = restoreToolCalls(calls, mapping);
    expect(JSON.parse(restored?.function.arguments ?? '')).toEqual({
      to: ['ada@example.com'],
      text: 'Dear Ada "the first", <EMAIL',
      'Ada "the first"': 1,
    });
  });

  it('restores arguments that are no JSON, or too deep for it, as text', () => {
    const mapping = new Map([['EMAIL_1', 'ada@example.com']]);
    const cut = {
      id: 'c',
      type: 'function',
      function: { name: 'send', arguments: '{"to":"<EMAIL_1>' },
    } as const;
    expect(restoreToolCalls([cut], mapping)[0]?.function.arguments).toBe('{"to":"ada@example.com');
    const text = `${'['.repeat(100_000)}"<EMAIL_1>"${']'.repeat(100_000)}`;
    const deep = { ...cut, function: { name: 'send', arguments: text } };
    expect(restoreToolCalls([deep], mapping)[0]?.function.arguments).toContain('[["ada@example.com"]]');
  });

  it('leaves calls as they are where nothing was replaced', () => {
    const calls = [{ ...callWith({}), function: { name: 'send', arguments: '{ "a": 1.50 }' } }];
    expect(restoreToolCalls(calls, new Map())).toEqual(calls);
  });

  it('does to values of the model what is to be done, in strings and in numbers', () => {
    const [masked] = restoreToolCalls(
      [callWith({ a: 'card 4111111111111111', b: 4_111_111_111_111_111 })],
      new Map(),
      (text) => text.replace('4111111111111111', '<CARD_1>'),
    );
    expect(JSON.parse(masked?.function.arguments ?? '')).toEqual({ a: 'card <CARD_1>', b: '<CARD_1>' });
  });

  it('tells what to do by the names of fields', () => {
    const [call] = restoreToolCalls(
      [callWith({ phone: [2_125_550_198], n: 2_125_550_198 })],
      new Map(),
      maskPhone,
    );
    expect(JSON.parse(call?.function.arguments ?? '')).toEqual({ phone: ['<PHONE_1>'], n: 2_125_550_198 });
  });
});
