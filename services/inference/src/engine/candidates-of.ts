import type { Candidates } from './model-runner.ts';

/** What a model runner offers for a row with these logits: for fabricated runners and tests. */
export function candidatesOf(logits: Float32Array, count: number): Candidates {
  const order = [...logits.keys()].toSorted((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
  const tokens = Int32Array.from(order.slice(0, count));
  const top = logits[order[0] ?? 0] ?? 0;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
  return {
    tokens,
    logits: Float32Array.from(tokens, (token) => logits[token] ?? 0),
    logSumExp: Math.fround(top + Math.log(sum)),
    fullLogits: () => logits.slice(),
  };
}
