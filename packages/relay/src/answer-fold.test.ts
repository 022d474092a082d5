import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MillraceError } from '@millrace/runtime';
import { AnswerFold } from './answer-fold.ts';

interface Record {
  readonly attempt: number;
  readonly firstPosition: number;
  readonly tokenCount: number;
  readonly text: string;
}

const pieces = fc.array(
  fc.record({ text: fc.string({ maxLength: 6 }), tokenCount: fc.integer({ min: 1, max: 4 }) }),
  { maxLength: 12 },
);

/** Chunks of one attempt over the whole text, cut as `parts` says. */
function chunksOf(
  attempt: number,
  parts: readonly { readonly text: string; readonly tokenCount: number }[],
  from = 0,
): Record[] {
  let firstPosition = from;
  return parts.map(({ text, tokenCount }) => {
    const chunk = { attempt, firstPosition, tokenCount, text };
    firstPosition += tokenCount;
    return chunk;
  });
}

test('one attempt comes out as it went in', () => {
  fc.assert(
    fc.property(pieces, (parts) => {
      const fold = new AnswerFold();
      fold.begin(1, 0);
      const texts = chunksOf(1, parts).map((chunk) => fold.chunk(chunk));
      expect(texts).toEqual(parts.map(({ text }) => text));
      expect(fold.complete).toBe(true);
    }),
  );
});

test('an attempt that goes on behind any number of chunks loses and repeats nothing', () => {
  fc.assert(
    fc.property(pieces, pieces, (before, after) => {
      const fold = new AnswerFold();
      fold.begin(1, 0);
      const first = chunksOf(1, before).map((chunk) => fold.chunk(chunk));
      const position = before.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
      fold.begin(2, position);
      const second = chunksOf(2, after, position).map((chunk) => fold.chunk(chunk));
      expect([...first, ...second].join('')).toBe([...before, ...after].map(({ text }) => text).join(''));
    }),
  );
});

test('an answer that is started over and cut differently comes out once', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 30 }),
      fc.nat(30),
      fc.array(fc.nat(30), { maxLength: 5 }),
      (text, end, cuts) => {
        const fold = new AnswerFold();
        fold.begin(1, 0);
        const sent = fold.chunk({ attempt: 1, firstPosition: 0, tokenCount: 7, text: text.slice(0, end) });
        fold.begin(2, 0);
        const borders = [
          0,
          ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b),
          text.length,
        ];
        const again = chunksOf(
          2,
          borders
            .slice(1)
            .map((border, index) => ({ text: text.slice(borders[index], border), tokenCount: 1 })),
        ).map((chunk) => fold.chunk(chunk));
        expect(sent + again.join('')).toBe(text);
        expect(fold.complete).toBe(true);
      },
    ),
  );
});

test('an answer that is started over and comes out differently is never spliced', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.string({ minLength: 1, maxLength: 20 }),
      (one, other) => {
        fc.pre(!one.startsWith(other) && !other.startsWith(one));
        const fold = new AnswerFold();
        fold.begin(1, 0);
        fold.chunk({ attempt: 1, firstPosition: 0, tokenCount: 1, text: one });
        fold.begin(2, 0);
        expect(() => fold.chunk({ attempt: 2, firstPosition: 0, tokenCount: 1, text: other })).toThrow(
          MillraceError,
        );
      },
    ),
  );
});

test('a chunk of an earlier attempt that comes late is left out', () => {
  const fold = new AnswerFold();
  fold.begin(2, 0);
  expect(fold.chunk({ attempt: 1, firstPosition: 0, tokenCount: 1, text: 'late' })).toBe('');
  expect(fold.chunk({ attempt: 2, firstPosition: 0, tokenCount: 1, text: 'in time' })).toBe('in time');
});

test('an attempt goes back to the border of an earlier chunk and is compared from there', () => {
  const fold = new AnswerFold();
  fold.begin(1, 0);
  fold.chunk({ attempt: 1, firstPosition: 0, tokenCount: 2, text: 'one ' });
  fold.chunk({ attempt: 1, firstPosition: 2, tokenCount: 2, text: 'two ' });
  fold.begin(2, 2);
  expect(fold.complete).toBe(false);
  expect(fold.chunk({ attempt: 2, firstPosition: 2, tokenCount: 3, text: 'two three' })).toBe('three');
});

test('a missing chunk is an error', () => {
  const fold = new AnswerFold();
  fold.begin(1, 0);
  fold.chunk({ attempt: 1, firstPosition: 0, tokenCount: 2, text: 'one' });
  expect(() => fold.chunk({ attempt: 1, firstPosition: 3, tokenCount: 1, text: 'three' })).toThrow(
    MillraceError,
  );
  expect(() => fold.begin(2, 1)).toThrow(MillraceError);
});

test('what was said without tokens stays when another attempt leaves it, and comes once when it says it again', () => {
  const whole = { firstPosition: 0, tokenCount: 0, text: '{"labels":[]}' };
  const fold = new AnswerFold();
  expect(fold.chunk({ attempt: 1, ...whole })).toBe(whole.text);
  fold.begin(2, 0);
  expect(fold.complete).toBe(true);
  expect(fold.chunk({ attempt: 2, ...whole })).toBe('');
  expect(fold.complete).toBe(true);
  fold.begin(3, 0);
  expect(() => fold.chunk({ attempt: 3, ...whole, text: '{"embedding":[]}' })).toThrow(MillraceError);
});
