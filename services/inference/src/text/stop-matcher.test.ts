import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopMatcher } from './stop-matcher.ts';

function run(
  stops: readonly string[],
  pieces: readonly string[],
): { text: string; stop: string | undefined } {
  const matcher = new StopMatcher(stops);
  let text = '';
  for (const piece of pieces) {
    const match = matcher.push(piece);
    text += match.text;
    if (match.stop !== undefined) return { text, stop: match.stop };
  }
  return { text: text + matcher.flush(), stop: undefined };
}

/** The definition: the shortest beginning of the text that ends with a stop string. */
function reference(stops: readonly string[], text: string): { text: string; stop: string | undefined } {
  for (let end = 1; end <= text.length; end++) {
    const found = stops
      .filter((stop) => stop !== '' && text.slice(0, end).endsWith(stop))
      .toSorted((a, b) => b.length - a.length)[0];
    if (found !== undefined) return { text: text.slice(0, end - found.length), stop: found };
  }
  return { text, stop: undefined };
}

const few = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\u{1f600}'), maxLength });

describe('StopMatcher', () => {
  it('finds what the definition finds, however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(few(4), { maxLength: 4 }), fc.array(few(5)), (stops, pieces) => {
        expect(run(stops, pieces)).toEqual(reference(stops, pieces.join('')));
      }),
      { numRuns: 3000 },
    );
  });

  it('holds back only what may be the beginning of a stop string', () => {
    const matcher = new StopMatcher(['\n\nUser:']);
    expect(matcher.push('one\n')).toEqual({ text: 'one', stop: undefined });
    expect(matcher.push('\nUs')).toEqual({ text: '', stop: undefined });
    expect(matcher.push('eful')).toEqual({ text: '\n\nUseful', stop: undefined });
    expect(matcher.push('\n\nUser: two')).toEqual({ text: '', stop: '\n\nUser:' });
  });

  it('holds back nothing without stop strings', () => {
    expect(new StopMatcher([]).push('text')).toEqual({ text: 'text', stop: undefined });
    expect(new StopMatcher(['']).push('text')).toEqual({ text: 'text', stop: undefined });
  });
});
