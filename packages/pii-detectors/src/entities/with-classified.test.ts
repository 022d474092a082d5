import { describe, expect, it } from 'vitest';
import { createAnalyzer } from './analyzer.ts';
import { piecesIn } from './pieces.ts';
import { withClassified } from './with-classified.ts';

const entity = (type: string, start: number, end: number, score = 0.9) => ({ type, start, end, score });

describe('withClassified', () => {
  it('has the names of a model, but where something has a form', () => {
    const merged = withClassified(
      'x'.repeat(40),
      [entity('STAFF', 0, 5), entity('EMAIL_ADDRESS', 10, 20)],
      [
        entity('PERSON', 2, 8),
        entity('PERSON', 12, 15, 1),
        entity('PERSON', 20, 24),
        entity('LOCATION', 30, 35, 0.2),
      ],
      0.5,
    );
    expect(merged).toEqual([
      entity('STAFF', 0, 5),
      entity('EMAIL_ADDRESS', 10, 20),
      entity('PERSON', 20, 24),
    ]);
  });
});

describe('an analyzer with what a model found', () => {
  const name = 'Ada Moyo';
  const classified = (piece: string) =>
    [...piece.matchAll(new RegExp(name, 'g'))].map(({ index }) =>
      entity('PERSON', index, index + name.length, 0.8),
    );

  it('counts it as its own: with types, allow list, and what stands beside a person', () => {
    const text = `${name} 536228726`;
    expect(createAnalyzer({ classified })(text).map(({ type }) => type)).toEqual(['PERSON', 'US_SSN']);
    expect(createAnalyzer({ classified, types: ['ORGANIZATION'] })(text)).toEqual([]);
    expect(createAnalyzer({ classified, types: ['PERSON'], allowList: [name] })(text)).toEqual([]);
    expect(createAnalyzer({ classified, types: ['PERSON'], minScore: 0.9 })(text)).toEqual([]);
  });

  it('asks for the pieces of a long text, and finds across them', () => {
    const text = `${'word '.repeat(25_000)}${name} ${'word '.repeat(25_000)}${name}`;
    const asked: string[] = [];
    const analyze = createAnalyzer({
      types: ['PERSON'],
      classified(piece) {
        asked.push(piece);
        return classified(piece);
      },
    });
    expect(analyze(text).map(({ start }) => start)).toEqual([125_000, text.length - name.length]);
    expect(asked).toEqual(piecesIn(text));
    expect(asked.length).toBeGreaterThan(1);
  });
});
