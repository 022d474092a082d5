import { randomFillSync } from 'node:crypto';

/** Random bytes, drawn from the system many at a time: a call for each id or nonce costs as much as all else about it. */
export function createDrawnBytes(bytesPerDraw: number): (length: number) => Uint8Array {
  const drawn = Buffer.alloc(bytesPerDraw);
  let at = drawn.length;
  return (length) => {
    if (at + length > drawn.length) {
      randomFillSync(drawn);
      at = 0;
    }
    at += length;
    // A copy: what was handed out must not change with the next draw. Nor is it left behind.
    const bytes = Uint8Array.prototype.slice.call(drawn, at - length, at);
    drawn.fill(0, at - length, at);
    return bytes;
  };
}
