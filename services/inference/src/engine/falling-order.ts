/**
 * Token ids, the largest logit first, the lower id first where logits are equal. Sorts numbers that hold both, the bits
 * of the float turned into an integer of the same order in front of the id: several times faster than comparing.
 */
export function byFallingLogit(logits: Float32Array): Uint32Array {
  const bits = new Uint32Array(logits.map((logit) => logit + 0).buffer); // + 0 makes 0 of -0
  const keys = new Float64Array(bits.length);
  for (let token = 0; token < bits.length; token++) {
    const word = bits[token] ?? 0;
    const falling = word >>> 31 === 1 ? word : ~(word | 0x8000_0000) >>> 0;
    keys[token] = falling * idRange + token;
  }
  const sorted = keys.toSorted();
  const order = new Uint32Array(sorted.length);
  for (let index = 0; index < order.length; index++) order[index] = (sorted[index] ?? 0) % idRange;
  return order;
}

/** Above any token id; 32 bits of logit and the id fit into the 53 bits of a number. */
const idRange = 2 ** 21;
