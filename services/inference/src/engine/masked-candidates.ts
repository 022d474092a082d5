import type { TokenMask } from './constraint.ts';
import type { Candidates } from './model-runner.ts';

/**
 * The row without the tokens that a mask excludes: as if their logits were -Infinity, exactly normalised.
 *
 * @returns undefined when nothing is left
 */
export function maskedCandidates(candidates: Candidates, mask: TokenMask): Candidates | undefined {
  const logits = maskedLogits(candidates.fullLogits(), mask);
  const tokens = mostLikely(logits, Math.min(candidates.tokens.length, logits.length));
  const [first = -1] = tokens;
  const top = logits[first] ?? -Infinity;
  if (top === -Infinity) return undefined;
  let sum = 0;
  for (let token = 0; token < logits.length; token += 1) {
    const logit = logits[token] ?? -Infinity;
    if (logit > top - negligible) sum += Math.exp(logit - top);
  }
  return {
    tokens,
    logits: Float32Array.from(tokens, (token) => logits[token] ?? -Infinity),
    logSumExp: Math.fround(top + Math.log(sum)),
    fullLogits: () => logits,
  };
}

/** exp(-50) of each of a million tokens together is less than float32 keeps of the sum. */
const negligible = 50;

function maskedLogits(logits: Float32Array, mask: TokenMask): Float32Array {
  const masked = new Float32Array(logits.length).fill(-Infinity);
  for (let word = 0; word < mask.length; word += 1) {
    let bits = mask[word] ?? 0;
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits);
      const token = word * 32 + bit;
      if (token < logits.length) masked[token] = logits[token] ?? -Infinity;
      bits &= bits - 1;
    }
  }
  return masked;
}

/** The tokens with the largest logits, largest first, the lower id first where logits are equal. */
function mostLikely(logits: Float32Array, count: number): Int32Array {
  const tokens = new Int32Array(count);
  let found = 0;
  for (let token = 0; token < logits.length; token += 1) {
    const logit = logits[token] ?? -Infinity;
    if (found === count && logit <= (logits[tokens[found - 1] ?? 0] ?? -Infinity)) continue;
    let place = found < count ? found : found - 1;
    while (place > 0 && (logits[tokens[place - 1] ?? 0] ?? -Infinity) < logit) {
      tokens[place] = tokens[place - 1] ?? 0;
      place -= 1;
    }
    tokens[place] = token;
    if (found < count) found += 1;
  }
  return tokens;
}
