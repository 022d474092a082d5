import { describe, expect, it } from 'vitest';
import { detectorOf } from './detector-of.ts';
import { createOutputGuard } from './output-guard.ts';
import { defaultPiiPolicy, needsSentences } from './pii-policy.ts';
import { maskerWith } from './testing.fixture.ts';

const originals = new Map([
  ['EMAIL_1', 'ada@corp.example'],
  ['TICKET_1', 'ABC_12'],
]);

function shown(text: string, pattern: string, restored: ReadonlyMap<string, string> = originals): string[] {
  const policy = { ...defaultPiiPolicy, patterns: [{ type: 'TICKET', pattern }] };
  const detect = detectorOf(policy, 'output', { names: false });
  const through = (parts: readonly string[]): string => {
    const masker = maskerWith(policy, { direction: 'output', detect, known: originals });
    const guard = createOutputGuard({
      masker,
      detect,
      originals: restored,
      bySentence: needsSentences(policy),
    });
    return parts.map((part) => guard.push(part)).join('') + guard.flush();
  };
  return [through([text]), through(Array.from(text))];
}

describe('a pattern that reads like a placeholder', () => {
  const pattern = String.raw`[A-Z]+_\d+`;

  it('leaves those alone that are restored, and finds what is new, wherever an answer is cut', () => {
    const restored = 'Mail ada@corp.example about ABC_12, <TICKET_2>x and <TICKET_3>.';
    for (const text of shown('Mail <EMAIL_1> about __TICKET_1__, DEF_7x and GHI_8.', pattern))
      expect(text).toBe(restored);
  });

  it('leaves them as they are where answers are not restored', () => {
    for (const text of shown('Mail <EMAIL_1>.', pattern, new Map())) expect(text).toBe('Mail <EMAIL_1>.');
  });

  it('finds what only looks like one of them', () => {
    for (const text of shown('Mail <EMAIL_7>.', pattern)) expect(text).toBe('Mail <<TICKET_2>>.');
  });
});
