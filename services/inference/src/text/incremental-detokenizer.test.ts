import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IncrementalDetokenizer } from './incremental-detokenizer.ts';

const decodeAll = (pieces: readonly Uint8Array[]): string[] => {
  const detokenizer = new IncrementalDetokenizer();
  return [...pieces.map((piece) => detokenizer.push(piece)), detokenizer.flush()];
};
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 3 }).map((text) => new TextEncoder().encode(text)),
);

describe('IncrementalDetokenizer', () => {
  it('gives the same text as decoding all bytes at once, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(decodeAll(pieces).join('')).toBe(
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(pieces)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('never splits a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = new TextEncoder().encode(text);
        for (const part of decodeAll(Array.from(bytes, (byte) => Uint8Array.of(byte)))) {
          expect(part.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('holds back the bytes of an incomplete character until it is complete', () => {
    const pieces = [...new TextEncoder().encode('\u{1f600}')].map((byte) => Uint8Array.of(byte));
    expect(decodeAll(pieces)).toEqual(['', '', '', '\u{1f600}', '']);
  });

  it('gives U+FFFD for what is incomplete at the end', () => {
    expect(decodeAll([Uint8Array.of(0x61, 0xf0, 0x9f)])).toEqual(['a', '\ufffd']);
  });
});
