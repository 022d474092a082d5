import { MillraceError } from '@millrace/runtime';
import { certainHead, type CertainHead } from './certain-head.ts';
import { byFallingLogit } from './falling-order.ts';
import type { Candidates } from './model-runner.ts';
import type { Penalties } from './penalties.ts';
import { tailBounds } from './tail-bounds.ts';

export interface SamplingOptions {
  /** 0 takes the most likely token; logits, after bias and penalties, are divided by it. */
  readonly temperature: number;
  /** Only tokens at least `minP` times as probable as the most likely one can be drawn; 0 for no limit. */
  readonly minP: number;
  /** Only the `topK` most likely tokens can be drawn; 0 for no limit. */
  readonly topK: number;
  /** Only the fewest most likely tokens whose probabilities (after `minP`, `topK`) reach `topP` together; 1 for no limit. */
  readonly topP: number;
}

/**
 * Draws a token: logit bias, then penalties, then temperature, min-p, top-k and top-p, then the inverse of the
 * cumulative distribution in order of falling probability (equal logits: lower id first). The order is vLLM's
 * (`vllm.v1.sample.sampler.Sampler`, https://docs.vllm.ai/en/v0.22.1/api/vllm/v1/sample/sampler/).
 *
 * Exact over the whole vocabulary. What the candidates leave out is bounded from both sides by their smallest logit
 * and the exact log-sum-exp, and what bias and penalties do to other tokens by the former; only where the token could
 * differ within those bounds the full logits are read.
 *
 * @param uniform the random number, from 0 up to but not 1
 * @param vocabularySize number of tokens that the candidates are the top of
 * @throws MillraceError engine_failed if the logits are not numbers
 */
export function sample(
  candidates: Candidates,
  options: SamplingOptions,
  penalties: Penalties,
  uniform: number,
  vocabularySize: number,
): number {
  const first = candidates.logits[0];
  if (first === undefined || !Number.isFinite(first) || Number.isNaN(candidates.logSumExp)) {
    throw new MillraceError('engine_failed', 'The model gave logits that are not finite numbers');
  }
  const head = certainHead(candidates, penalties, vocabularySize);
  const drawn = drawFromHead(head, candidates, options, uniform, vocabularySize);
  if (drawn !== undecided) return tokenAt(head.tokens, drawn);
  return sampleFromAll(penalties.applyToAll(candidates.fullLogits()), options, uniform);
}

/** Index in the head; `undecided` if the token may be another one, depending on logits that the candidates don't have. */
function drawFromHead(
  head: CertainHead,
  candidates: Candidates,
  options: SamplingOptions,
  uniform: number,
  vocabularySize: number,
): number {
  const [first] = head.logits;
  if (first === undefined) return undecided;
  if (isGreedy(options)) return 0;
  const { temperature, minP, topP } = options;
  const weights = scaledWeights(head.logits, temperature);
  const wanted = reachOf(options, vocabularySize);
  const likely = reachingMinP(weights.subarray(0, wanted), minP);
  const nothingBehind =
    wanted <= weights.length ||
    likely.length < weights.length ||
    Math.exp((head.ceiling - first) / temperature) < minP;
  if (nothingBehind) return draw(likely, 0, topP, uniform);
  const tail = tailBounds(candidates, head, temperature, wanted, vocabularySize);
  const least = draw(weights, minP > 0 ? 0 : tail.least, topP, uniform);
  const most = draw(weights, tail.most, topP, uniform);
  return least === most ? least : undecided;
}

/** The same over every logit, bias and penalties applied: for rows whose candidates don't suffice. */
function sampleFromAll(logits: Float32Array, options: SamplingOptions, uniform: number): number {
  if (isGreedy(options)) return mostLikely(logits);
  const order = byFallingLogit(logits);
  const kept = new Float32Array(reachOf(options, order.length));
  for (let index = 0; index < kept.length; index++) kept[index] = logits[order[index] ?? 0] ?? 0;
  const likely = reachingMinP(scaledWeights(kept, options.temperature), options.minP);
  return tokenAt(order, draw(likely, 0, options.topP, uniform));
}

function isGreedy({ temperature, topK }: SamplingOptions): boolean {
  return temperature === 0 || topK === 1;
}

/** How many tokens top-k leaves. */
function reachOf({ topK }: SamplingOptions, vocabularySize: number): number {
  return topK === 0 ? vocabularySize : Math.min(topK, vocabularySize);
}

function mostLikely(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) {
    if ((logits[token] ?? -Infinity) > (logits[best] ?? -Infinity)) best = token;
  }
  return best;
}

/** The weights, which fall and begin with 1, that min-p leaves. */
function reachingMinP(weights: Float64Array, minP: number): Float64Array {
  const end = minP === 0 ? -1 : weights.findIndex((weight) => weight < minP);
  return end === -1 ? weights : weights.subarray(0, end);
}

const undecided = -1;

/**
 * Index of the drawn weight, where `tail` is the weight of everything that follows the given ones.
 * `undecided` if that lies in the tail, or if top-p reaches into it.
 */
function draw(weights: Float64Array, tail: number, topP: number, uniform: number): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let kept = weights.length;
  let keptSum = sum + tail;
  if (topP < 1) {
    const nucleus = indexReaching(weights, topP * keptSum, (reached, target) => reached >= target);
    if (nucleus === undecided && tail !== 0) return undecided;
    kept = nucleus === undecided ? weights.length : nucleus + 1;
    keptSum = weights.subarray(0, kept).reduce((total, weight) => total + weight, 0);
  }
  const drawn = indexReaching(
    weights.subarray(0, kept),
    uniform * keptSum,
    (reached, target) => reached > target,
  );
  if (drawn !== undecided) return drawn;
  const lastPossible = weights.findLastIndex((weight, index) => index < kept && weight > 0);
  return topP < 1 || tail === 0 ? lastPossible : undecided;
}

function indexReaching(
  weights: Float64Array,
  target: number,
  reaches: (cumulative: number, target: number) => boolean,
): number {
  let cumulative = 0;
  for (let index = 0; index < weights.length; index++) {
    cumulative += weights[index] ?? 0;
    if (reaches(cumulative, target)) return index;
  }
  return undecided;
}

/** exp((logit - first logit) / temperature): unnormalised probabilities, the first of them 1. */
function scaledWeights(logits: Float32Array, temperature: number): Float64Array {
  const first = logits[0] ?? 0;
  const weights = new Float64Array(logits.length);
  for (let index = 0; index < weights.length; index++) {
    weights[index] = Math.exp(((logits[index] ?? 0) - first) / temperature);
  }
  return weights;
}

function tokenAt(tokens: Int32Array | Uint32Array, index: number): number {
  const token = tokens[index];
  if (token === undefined) throw new MillraceError('internal_error', `There is no candidate ${index}`);
  return token;
}
