/** A piece of a text to look at, and the part of it whose findings count. Offsets in UTF-16 code units. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** What begins from here on counts … */
  readonly from: number;
  /** … up to here; what begins there is found with what stands behind it. */
  readonly to: number;
}

const pieceLength = 128 * 1024;
/** Nothing that is found is longer. */
const behind = 24 * 1024;
/** Context before a finding. */
const before = 4 * 1024;

/** Cuts a long text, so that memory is bounded and cancelling takes effect; a text of up to 128 KiB is one piece. */
export function* piecesOf(length: number): Generator<Piece> {
  for (let from = 0; from < length || from === 0;) {
    const start = Math.max(0, from - before);
    const isLast = start + pieceLength >= length;
    const end = isLast ? length : start + pieceLength;
    const to = isLast ? length : end - behind;
    yield { start, end, from, to };
    if (isLast) return;
    from = to;
  }
}

/** What an analyzer looks at of a text, piece by piece. */
export function piecesIn(text: string): readonly string[] {
  return Array.from(piecesOf(text.length), ({ start, end }) => text.slice(start, end));
}
