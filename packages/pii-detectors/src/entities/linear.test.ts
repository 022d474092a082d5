import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNameRecognizer } from '../names/name-recognizer.ts';
import { createAnalyzer } from './analyzer.ts';
import { createPatternRecognizers } from './pattern-recognizers.ts';
import type { Recognizer } from './recognizer.ts';
import { createScan } from './scan.ts';

const recognizers: readonly Recognizer[] = [...createPatternRecognizers(), createNameRecognizer()];

/** What makes regular expressions go back: repeated pieces that nearly match. */
const pieces = [
  '1',
  '1 ',
  '1-',
  '12 ',
  '123 ',
  '1.',
  '1,',
  '(1',
  '+1 ',
  '00',
  '4111 ',
  '4111-',
  'a',
  'a ',
  'A',
  'A ',
  'Aa ',
  'Aa-',
  'Aa.',
  'a.',
  'a-',
  'a_',
  'aa@',
  '@',
  '@a.',
  'a.b@',
  ':',
  'a:',
  '1:',
  '0a:',
  'DE89 ',
  'DE89',
  'bc1',
  '0x',
  'eyJ',
  'eyJ.',
  'sk-',
  'sk_live_',
  'xoxb-',
  'token_',
  'token=',
  'password ',
  'pass_',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN A ',
  '://',
  'https://',
  'www.',
  'http://a.',
  ')',
  '(',
  '[',
  '"',
  "'",
  '\n',
  '\t',
  ',',
  ', ',
  ';',
  '|',
  'a,b,c\n',
  '1,2,3\n',
  "('a',",
  '12 Elm ',
  '12 A ',
  '12, A ',
  'Street ',
  'rue de la ',
  'Calle de ',
  'Am A ',
  'weg ',
  'H.No. 1, ',
  'Apt. ',
  'May 1, ',
  '1. Mai ',
  'born ',
  'name: ',
  'Dr. ',
  'my sister ',
  'van der ',
  'Ada de ',
  'Ada, ',
  'Ada and ',
  'ada ',
  'VALUES (',
  '(a, b) values (',
  'É',
  '😀',
  '\u00a0',
  '’',
];

const cpuMs = (action: () => void): number => {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

/**
 * How many times longer it takes for eight times the text. Linear is 8, quadratic 64: what lies between is noise, so that the smallest
 * of a few tries counts.
 */
function growthOf(recognizer: Recognizer, piece: string): number {
  const small = piece.repeat(Math.ceil(12_500 / piece.length));
  const large = piece.repeat(Math.ceil(100_000 / piece.length));
  const scan = (text: string) => () => {
    for (const _ of recognizer.find(createScan(text)));
  };
  let least = Infinity;
  for (let attempt = 0; attempt < 4 && least > 24; attempt += 1) {
    const largeMs = cpuMs(scan(large));
    // What is over at once has no growth to speak of.
    if (largeMs < 100) return 0;
    least = Math.min(least, largeMs / Math.max(cpuMs(scan(small)), 1));
  }
  return least;
}

describe('every recognizer', () => {
  it.each(recognizers.map((recognizer) => [recognizer.types.join(), recognizer] as const))(
    'takes time linear in the text: %s',
    (_types, recognizer) => {
      const steep = pieces
        .map((piece) => [piece, growthOf(recognizer, piece)] as const)
        .filter(([, growth]) => growth > 24);
      expect(steep).toEqual([]);
    },
    120_000,
  );

  it('finds what lies within the text, in order, without overlaps, whatever the text', () => {
    const analyze = createAnalyzer({ more: recognizers.slice(-1), minScore: 0 });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 8 }))),
        (parts) => {
          const text = parts.join('');
          let last = 0;
          for (const { start, end, score } of analyze(text)) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            expect(end).toBeLessThanOrEqual(text.length);
            expect(score).toBeGreaterThanOrEqual(0);
            expect(score).toBeLessThanOrEqual(1);
            last = end;
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
