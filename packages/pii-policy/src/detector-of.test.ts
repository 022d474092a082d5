import { describe, expect, it } from 'vitest';
import { detectorOf } from './detector-of.ts';
import { maskerWith } from './testing.fixture.ts';
import { defaultPiiPolicy, type PiiPolicy } from './pii-policy.ts';

const found = (text: string, policy: Partial<PiiPolicy>): readonly string[] =>
  detectorOf({ ...defaultPiiPolicy, ...policy }, 'input')(text).map(({ type, value }) => `${type} ${value}`);

const mail = 'ann.lee@corp.example';
const phone = '+49 30 901820';

describe('detectorOf, with patterns of the tenant', () => {
  it.each([
    ['around an address', 'Record: .*', [`RECORD Record: ${mail}, ${phone}`]],
    ['within an address', 'lee', [`EMAIL_ADDRESS ${mail}`, `PHONE_NUMBER ${phone}`]],
    ['across the end of one', 'example, \\+49', [`EMAIL_ADDRESS ${mail}, ${phone}`]],
    ['of everything', '(?s).', [`EMAIL_ADDRESS ${mail}`, `PHONE_NUMBER ${phone}`]],
    ['of nothing', 'z*', [`EMAIL_ADDRESS ${mail}`, `PHONE_NUMBER ${phone}`]],
  ])('takes nothing from what the platform finds: one %s', (_what, pattern, expected) => {
    const all = found(`Record: ${mail}, ${phone}`, { patterns: [{ type: 'RECORD', pattern }] });
    expect(all.filter((each) => each.length > 'RECORD x'.length)).toEqual(expected);
  });

  it('does not let one that is only counted hide what is replaced', () => {
    const policy = {
      patterns: [{ type: 'NUMBER', pattern: '[\\d ]+' }],
      actions: { NUMBER: 'report' },
    } as const;
    expect(found(`${phone} or 17`, policy)).toEqual([`PHONE_NUMBER ${phone}`, 'NUMBER  17']);
  });

  it.each([
    ['the pattern', { NAME: 'block' }, 'NAME'],
    ['what is longer', { EMAIL_ADDRESS: 'block' }, 'EMAIL_ADDRESS'],
  ] as const)('blocks where %s is blocked, whatever the other is', (_what, actions, type) => {
    const masker = maskerWith({ patterns: [{ type: 'NAME', pattern: 'lee' }], actions });
    expect(() => masker.mask(mail)).toThrow(expect.objectContaining({ type }));
  });

  it('never names a placeholder as a type of the tenant is named', () => {
    const patterns = [{ type: 'EMAIL_1', pattern: 'bob' }];
    const masker = maskerWith({ patterns, actions: { EMAIL_1: 'mask' } });
    expect(masker.mask(`bob ${mail}`)).toBe('<EMAIL_1> <EMAIL_2>');
  });
});
