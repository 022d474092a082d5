import { describe, expect, it } from 'vitest';
import { AnalysisCancelled, createAnalyzer } from './analyzer.ts';
import { openTableOf } from './field-labels.ts';
import { anonymize } from './anonymize.ts';
import { InvalidPattern } from './own-patterns.ts';

const compile = (own: { readonly type: string; readonly pattern: string; readonly score?: number }) => () =>
  createAnalyzer({ ownPatterns: [own] });

describe('createAnalyzer', () => {
  it('gives offsets in UTF-16 code units, in order', () => {
    const text = '😀 a@b.example, then 4111111111111111';
    expect(createAnalyzer()(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      'a@b.example',
      '4111111111111111',
    ]);
  });

  it('keeps to types, scores and allow-lists', () => {
    const text = 'a@b.example C@d.example 536-22-8726 and passport';
    expect(createAnalyzer({ types: ['US_SSN'] })(text)).toMatchObject([{ type: 'US_SSN' }]);
    expect(createAnalyzer({ minScore: 0.9 })(text).map(({ type }) => type)).toEqual([
      'EMAIL_ADDRESS',
      'EMAIL_ADDRESS',
    ]);
    expect(createAnalyzer({ types: ['EMAIL_ADDRESS'], allowList: [' c@D.example '] })(text)).toMatchObject([
      { start: 0 },
    ]);
  });

  it('tries the national forms of the regions that it is told', () => {
    const text = 'phone 044 668 18 00';
    const scoreIn = (phoneRegions: readonly ['CH'] | readonly ['US']): number =>
      createAnalyzer({ phoneRegions })(text)[0]?.score ?? 0;
    expect(scoreIn(['CH'])).toBeGreaterThan(scoreIn(['US']));
  });

  it('takes patterns of its own, in linear time, and says what is wrong with one', () => {
    const analyze = createAnalyzer({
      ownPatterns: [{ type: 'BADGE', pattern: String.raw`zx-\d{4}`, ignoreCase: true }],
    });
    expect(analyze('badge ZX-4711')).toEqual([{ type: 'BADGE', start: 6, end: 13, score: 0.85 }]);
    const evil = createAnalyzer({ types: [], ownPatterns: [{ type: 'EVIL', pattern: '(a+)+$' }] });
    expect(evil(`${'a'.repeat(5_000)}b`)).toEqual([]);
    expect(compile({ type: 'X', pattern: String.raw`(a)\1` })).toThrow(InvalidPattern);
    expect(compile({ type: 'X', pattern: '' })).toThrow(
      'pattern of X has 0 characters: 1 to 1000 are allowed.',
    );
    expect(compile({ type: 'x', pattern: 'a' })).toThrow('type is "x": a capital letter');
    expect(compile({ type: 'X', pattern: 'a', score: 2 })).toThrow(
      'score of X is 2: above 0 to 1 is allowed.',
    );
  });

  it('finds across the borders of pieces, each once, and stops when nobody waits', () => {
    const analyze = createAnalyzer({ types: ['EMAIL_ADDRESS'] });
    const line = `${'x '.repeat(17)}a@b.example `;
    const text = line.repeat(9_000);
    expect(text.length).toBeGreaterThan(3 * 128 * 1024 - line.length);
    expect(analyze(text).map(({ start }) => start)).toEqual(
      Array.from({ length: 9_000 }, (_, index) => index * line.length + 34),
    );
    let asked = 0;
    expect(() => analyze(text, () => (asked += 1) > 1)).toThrow(AnalysisCancelled);
  });
});

describe('anonymize', () => {
  const text = '😀 Ada, a@b.example';
  const entities = [
    { type: 'PERSON', start: 3, end: 6, score: 1 },
    { type: 'EMAIL_ADDRESS', start: 8, end: 19, score: 1 },
  ];

  it('replaces by the type, and says where what stands now', () => {
    expect(anonymize(text, entities)).toEqual({
      text: '😀 <PERSON>, <EMAIL_ADDRESS>',
      items: [
        { type: 'PERSON', operator: 'replace', start: 3, end: 11, text: '<PERSON>' },
        { type: 'EMAIL_ADDRESS', operator: 'replace', start: 13, end: 28, text: '<EMAIL_ADDRESS>' },
      ],
    });
  });

  it.each([
    [{ type: 'redact' }, '😀 , '],
    [{ type: 'keep' }, text],
    [{ type: 'mask' }, '😀 ***, ***********'],
    [{ type: 'mask', maskingChar: '#', charsToMask: 2 }, '😀 ##a, ##b.example'],
    [{ type: 'mask', charsToMask: 2, fromEnd: true }, '😀 A**, a@b.examp**'],
    [{ type: 'replace', newValue: 'X' }, '😀 X, X'],
  ] as const)('does as %j says', (operator, expected) => {
    expect(anonymize(text, entities, () => operator).text).toBe(expected);
  });
});

describe('openTableOf', () => {
  it.each([
    ['id,name,phone\n17,x,2125', 'id,name,phone', 14],
    ['Here:\nid | name | phone\n1 | x | y\n2 |', 'id | name | phone', 34],
    ['id,name,phone', undefined, 0],
    ['id,name,phone\n1,2,3,4', undefined, 0],
    ['id,name,phone\nThat is all.\nAnd', undefined, 0],
    [
      'Apples, pears, plums\nare fruits that grow on trees, as everybody knows, and some more words are here, and there',
      undefined,
      0,
    ],
  ])('of %j is below %j', (text, header, rowStart) => {
    expect(openTableOf(text)).toEqual(header === undefined ? undefined : { header, rowStart });
  });
});
