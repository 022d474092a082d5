/** A line of a file. */
export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Undefined where it is too long or no UTF-8. */
  readonly text: string | undefined;
  readonly problem: 'too_long' | 'not_utf8' | undefined;
}

const newline = 0x0a;

/** The lines of a file that comes in pieces. Holds one line at most in memory; of one that is too long, nothing. */
export async function* readLines(
  pieces: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<TextLine, void, undefined> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 0;

  const add = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes <= maxLineBytes) parts.push(part);
    else parts = [];
  };
  const line = (): TextLine => {
    number += 1;
    const isTooLong = bytes > maxLineBytes;
    const text = isTooLong ? undefined : decode(Buffer.concat(parts));
    parts = [];
    bytes = 0;
    return { number, text, problem: isTooLong ? 'too_long' : text === undefined ? 'not_utf8' : undefined };
  };

  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      add(piece.subarray(start, end));
      yield line();
      start = end + 1;
    }
    if (start < piece.length) add(piece.subarray(start));
  }
  if (bytes > 0) yield line();
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
