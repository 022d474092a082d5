import { describe, expect, it } from 'vitest';
import { ContentBlocked, TooManyPlaceholders } from './masker.ts';
import { maskerWith } from './testing.fixture.ts';

const mail = 'ann@corp.example';
const card = '4111 1111 1111 1111';

describe('createMasker', () => {
  it('does to each type what the policy says, and counts different values', () => {
    const masker = maskerWith({
      actions: { EMAIL_ADDRESS: 'mask', CREDIT_CARD: 'report', IP_ADDRESS: 'off', IBAN_CODE: 'hash' },
    });
    const text = `${mail} ${mail} bob@corp.example 10.1.2.3, ${card}, DE89370400440532013000`;
    expect(masker.mask(text)).toBe(
      `<EMAIL_ADDRESS> <EMAIL_ADDRESS> <EMAIL_ADDRESS> 10.1.2.3, ${card}, <IBAN_CODE_444538393337>`,
    );
    expect(masker.counts()).toEqual([
      { type: 'CREDIT_CARD', action: 'report', count: 1 },
      { type: 'EMAIL_ADDRESS', action: 'mask', count: 2 },
      { type: 'IBAN_CODE', action: 'hash', count: 1 },
    ]);
    expect(masker.mapping.size).toBe(0);
  });

  it('blocks what the policy blocks, without naming the value', () => {
    const blocked = (): string => maskerWith({ actions: { EMAIL_ADDRESS: 'block' } }).mask(`write ${mail}`);
    expect(blocked).toThrow(ContentBlocked);
    expect(blocked).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(mail) as string }),
    );
  });

  it('gives the same value the same placeholder in all texts, and none that is there already', () => {
    const masker = maskerWith({}, { taken: (name) => name === 'EMAIL_1' });
    expect(masker.mask(`${mail} b@x.example`)).toBe('<EMAIL_2> <EMAIL_3>');
    expect(masker.mask('again b@x.example')).toBe('again <EMAIL_3>');
    expect(Object.fromEntries(masker.mapping)).toEqual({
      EMAIL_2: mail,
      EMAIL_3: 'b@x.example',
    });
  });

  it('goes on with placeholders that are known', () => {
    const masker = maskerWith({}, { known: new Map([['EMAIL_1', mail]]) });
    expect(masker.mask(`${mail} b@x.example`)).toBe('<EMAIL_1> <EMAIL_2>');
  });

  it('replaces no more values than it may', () => {
    expect(() => maskerWith({}, { most: 1 }).mask(`${mail} b@x.example`)).toThrow(TooManyPlaceholders);
  });

  it.each([
    ['a URL', `see https://x.example/?card=4111111111111111&x`, 'see https://x.example/?card=__CARD_1__&x'],
    ['a link to an address', `[mail](mailto:${mail})`, '[mail](mailto:__EMAIL_1__)'],
    ['code', '```js\nconst card = 4111111111111111;\n```', '```js\nconst card = __CARD_1__;\n```'],
    ['a string in code', `\`mail("${mail}")\``, '`mail("<EMAIL_1>")`'],
    ['prose', `To: ${mail}`, 'To: <EMAIL_1>'],
  ])('keeps %s what it is', (_what, text, masked) => {
    expect(maskerWith({ actions: { URL: 'off' } }).mask(text)).toBe(masked);
  });
});
