import { randomFillSync } from 'node:crypto';

/** Random nonces, drawn from the system many at a time: a call for each costs as much as the encryption of a chunk. */
export function createNonces(bytes: number, perDraw = 256): () => Uint8Array {
  const drawn = Buffer.alloc(bytes * perDraw);
  let at = drawn.length;
  return () => {
    if (at === drawn.length) {
      randomFillSync(drawn);
      at = 0;
    }
    at += bytes;
    // A copy: what was handed out must not change with the next draw.
    return Uint8Array.prototype.slice.call(drawn, at - bytes, at);
  };
}
