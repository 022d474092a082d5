import type { LikelyToken, TokenLogprobs } from './logprobs.ts';
import type { PenaltyOptions } from './penalties.ts';
import type { SamplingOptions } from './sampler.ts';

/** What a generation has so far, and how it draws. */
export interface ReferenceInput {
  readonly logits: Float32Array;
  readonly options: SamplingOptions & PenaltyOptions;
  readonly promptTokens: readonly number[];
  readonly answerTokens: readonly number[];
  readonly uniform: number;
}

/** For tests: the definition of `sample`, over the whole vocabulary, with no bounds and no candidates. */
export function referenceSample({ options, uniform, ...input }: ReferenceInput): number {
  const logits = referenceLogits({ options, ...input });
  const order = [...logits.keys()].toSorted((a, b) => compare(logits[b], logits[a]) || a - b);
  if (options.temperature === 0) return order[0] ?? -1;
  const top = logits[order[0] ?? -1] ?? 0;
  let tokens = order.map((token) => ({
    token,
    weight: Math.exp(((logits[token] ?? 0) - top) / options.temperature),
  }));
  const total = () => tokens.reduce((sum, { weight }) => sum + weight, 0);
  tokens = tokens.filter(({ weight }) => weight >= options.minP);
  if (options.topK > 0) tokens = tokens.slice(0, options.topK);
  if (options.topP < 1) {
    let reached = 0;
    const target = options.topP * total();
    const end = tokens.findIndex(({ weight }) => (reached += weight) >= target);
    if (end !== -1) tokens = tokens.slice(0, end + 1);
  }
  let reached = 0;
  const target = uniform * total();
  const drawn = tokens.find(({ weight }) => (reached += weight) > target);
  return (drawn ?? tokens.findLast(({ weight }) => weight > 0))?.token ?? -1;
}

/** For tests: bias, then repetition penalty, then frequency and presence penalties, token by token. */
export function referenceLogits({
  logits,
  options,
  promptTokens,
  answerTokens,
}: Omit<ReferenceInput, 'uniform'>) {
  return logits.map((raw, token) => {
    let logit = raw + (options.logitBias.get(token) ?? 0);
    const count = answerTokens.filter((answered) => answered === token).length;
    if (count > 0 || promptTokens.includes(token)) {
      logit = logit > 0 ? logit / options.repetitionPenalty : logit * options.repetitionPenalty;
    }
    if (count > 0) logit -= options.frequencyPenalty * count + options.presencePenalty;
    return Math.fround(logit);
  });
}

/** For tests: log-softmax over the whole vocabulary. */
export function referenceLogprobs(logits: Float32Array, token: number, count: number): TokenLogprobs {
  const top = Math.max(...logits);
  const logSumExp = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  const all: LikelyToken[] = Array.from(logits, (logit, id) => ({ token: id, logprob: logit - logSumExp }));
  const order = all.toSorted((a, b) => compare(logits[b.token], logits[a.token]) || a.token - b.token);
  return { logprob: all[token]?.logprob ?? NaN, top: order.slice(0, count) };
}

/** The difference, but 0 for two that are -Infinity. */
function compare(a = 0, b = 0): number {
  return a === b ? 0 : a - b;
}
