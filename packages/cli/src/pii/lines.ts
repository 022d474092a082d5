/** Line numbers begin at 1. */
export interface Line {
  readonly number: number;
  /** Undefined where it is longer than may be. */
  readonly text: string | undefined;
  /** Bytes of it, its line break included. */
  readonly bytes: number;
}

/** Most bytes of a line: a text of 1 MiB in JSON escapes, and more. */
export const longestLineBytes = 16 * 1024 * 1024;

const lineBreak = 0x0a;

/** The lines of a stream, one after the other; of one that is too long nothing is kept. The last may lack its line break. */
export async function* linesOf(input: AsyncIterable<Buffer | string>): AsyncGenerator<Line> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let number = 1;
  const line = (): Line => ({
    number,
    text:
      bytes > longestLineBytes
        ? undefined
        : Buffer.concat(pieces)
            .toString()
            .replace(/\r?\n$/u, ''),
    bytes,
  });
  for await (const chunk of input) {
    const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let start = 0; start < buffer.length;) {
      const found = buffer.indexOf(lineBreak, start);
      const end = found < 0 ? buffer.length : found + 1;
      bytes += end - start;
      if (bytes > longestLineBytes) pieces = [];
      else pieces.push(buffer.subarray(start, end));
      start = end;
      if (found < 0) break;
      yield line();
      [pieces, bytes, number] = [[], 0, number + 1];
    }
  }
  if (bytes > 0) yield line();
}
