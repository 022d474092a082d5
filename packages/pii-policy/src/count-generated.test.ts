import { describe, expect, it } from 'vitest';
import { countGenerated } from './count-generated.ts';
import { defaultPiiPolicy, type PiiPolicy } from './pii-policy.ts';

const counted = (
  text: string,
  policy: Partial<PiiPolicy> = {},
  callArguments: readonly string[] = [],
): readonly string[] =>
  countGenerated({ ...defaultPiiPolicy, ...policy }, { texts: [text], callArguments }).map(
    ({ type, action, count }) => `${type} ${action} ${count}`,
  );

describe('countGenerated', () => {
  it('counts what is replaced, and what is only reported: names, by default', () => {
    expect(
      counted('Dr. Ada Moyo of Acme Widgets Inc. writes from ada@b.example; see https://b.example/x.'),
    ).toEqual(['EMAIL_ADDRESS replace 1', 'ORGANIZATION report 1', 'PERSON report 1', 'URL report 1']);
  });

  it('counts different values, over all choices and calls', () => {
    const texts = ['Ask Dr. Ada Moyo, or ada@b.example.', 'Dr. Ada Moyo: ben@b.example'];
    const callArguments = ['{"to":"ada@b.example","card":4111111111111111}'];
    expect(countGenerated(defaultPiiPolicy, { texts, callArguments })).toEqual([
      { type: 'CREDIT_CARD', action: 'replace', count: 1 },
      { type: 'EMAIL_ADDRESS', action: 'replace', count: 2 },
      { type: 'PERSON', action: 'report', count: 1 },
    ]);
  });

  it('leaves placeholders alone, and what the policy does not look for', () => {
    expect(counted('Write to <EMAIL_1> and <PERSON_2>.')).toEqual([]);
    const off = { PERSON: 'off', EMAIL_ADDRESS: 'off' } as const;
    expect(counted('Dr. Ada Moyo, ada@b.example', { outputActions: off })).toEqual([]);
  });

  it('counts names as what is done with them where they are changed', () => {
    expect(counted('Ask Dr. Ada Moyo.', { actions: { PERSON: 'mask' } })).toEqual(['PERSON mask 1']);
  });

  it('counts what is blocked', () => {
    expect(counted('a@b.example, 4111 1111 1111 1111', { actions: { CREDIT_CARD: 'block' } })).toEqual([
      'CREDIT_CARD block 1',
      'EMAIL_ADDRESS replace 1',
    ]);
  });
});
