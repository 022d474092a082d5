import { describe, expect, it } from 'vitest';
import { countGenerated } from './count-generated.ts';
import { detectorOf } from './detector-of.ts';
import { createOutputGuard } from './output-guard.ts';
import {
  actionOf,
  defaultPiiPolicy,
  needsNames,
  needsSentences,
  type PiiAction,
  type PiiPolicy,
} from './pii-policy.ts';
import { restoreText } from './restorer.ts';
import { maskerWith } from './testing.fixture.ts';

const type = 'STREET_ADDRESS';
const written = 'She lives at 1600 Elm Avenue, Springfield, IL 62701, in Ohio.';
const address = '1600 Elm Avenue, Springfield, IL 62701';
const policyOf = (changes: Partial<PiiPolicy>): PiiPolicy => ({ ...defaultPiiPolicy, ...changes });

describe('the address of a street', () => {
  it('is replaced in requests by default, the same one by the same placeholder, and restored', () => {
    const masker = maskerWith({});
    const masked = masker.mask(`${written} Yes, ${address}.`);
    expect(masked).toBe('She lives at <ADDRESS_1>, in Ohio. Yes, <ADDRESS_1>.');
    expect(restoreText(masked, masker.mapping)).toBe(`${written} Yes, ${address}.`);
    expect(masker.counts()).toContainEqual({ type, action: 'replace', count: 1 });
  });

  it('is a name in code, and masked as its type', () => {
    expect(maskerWith({}).mask(`{"home_address": "${address}"}`)).toBe('{"home_address": "<ADDRESS_1>"}');
    expect(maskerWith({}).mask(`\`\`\`js\nconst home = '${address}';\n\`\`\``)).toContain('ADDRESS_1');
    expect(maskerWith({ actions: { [type]: 'mask' } }).mask(written)).toBe(
      'She lives at <STREET_ADDRESS>, in Ohio.',
    );
  });

  it('is counted in answers by default, and not waited for', () => {
    expect(needsSentences(defaultPiiPolicy)).toBe(false);
    const counts = countGenerated(defaultPiiPolicy, { texts: [written], callArguments: [] });
    expect(counts).toContainEqual({ type, action: 'report', count: 1 });
  });

  it('is waited for with its sentence where the policy changes it in answers, without the lexicon of names', () => {
    const policy = policyOf({ outputActions: { [type]: 'replace' } });
    expect([needsSentences(policy), needsNames(policy, 'output')]).toEqual([true, false]);
    const detect = detectorOf(policy, 'output', { names: false });
    for (let at = 1; at < written.length; at += 1) {
      const masker = maskerWith(policy, { direction: 'output', detect });
      const guard = createOutputGuard({ masker, detect, bySentence: true, originals: new Map() });
      const shown = guard.push(written.slice(0, at)) + guard.push(written.slice(at)) + guard.flush();
      expect(shown).toBe('She lives at <ADDRESS_1>, in Ohio.');
    }
  });

  it.each<[string, Partial<PiiPolicy>, PiiAction, PiiAction]>([
    ['nothing', {}, 'replace', 'report'],
    ['what becomes of other types', { actions: { PERSON: 'block' } }, 'replace', 'report'],
    ['what becomes of places', { actions: { LOCATION: 'block' } }, 'block', 'block'],
    ['that places are not looked for', { actions: { LOCATION: 'off' } }, 'off', 'off'],
    ['what becomes of places in answers', { outputActions: { LOCATION: 'mask' } }, 'replace', 'mask'],
    [
      'what becomes of both',
      { actions: { LOCATION: 'report', [type]: 'mask' }, outputActions: { LOCATION: 'block' } },
      'mask',
      'mask',
    ],
    [
      'what becomes of both in answers',
      { actions: { LOCATION: 'replace' }, outputActions: { [type]: 'report' } },
      'replace',
      'report',
    ],
    [
      'that a pattern has its name',
      { actions: { LOCATION: 'report' }, patterns: [{ type, pattern: 'E-\\d+' }] },
      'replace',
      'replace',
    ],
  ])('is dealt with as it was asked for where a policy says %s', (_what, changes, input, output) => {
    const policy = policyOf(changes);
    expect([actionOf(policy, type, 'input'), actionOf(policy, type, 'output')]).toEqual([input, output]);
  });

  it('leaves a place beside it to the policy for places', () => {
    const policy = { actions: { LOCATION: 'mask', [type]: 'replace' } } as const;
    expect(maskerWith(policy).mask('He moved to Ciudad Real. His home is 12 Elm Street, Springfield.')).toBe(
      'He moved to <LOCATION>. His home is <ADDRESS_1>, <ADDRESS_2>.',
    );
  });
});
