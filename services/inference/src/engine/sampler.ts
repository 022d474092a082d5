import { MillraceError } from '@millrace/runtime';
import { byFallingLogit } from './falling-order.ts';
import type { Candidates } from './model-runner.ts';

export interface SamplingOptions {
  /** 0 takes the most likely token; logits are divided by it before anything else. */
  readonly temperature: number;
  /** Only the `topK` most likely tokens can be drawn; 0 for no limit. */
  readonly topK: number;
  /** Only the fewest most likely tokens whose probabilities (after `topK`) reach `topP` together; 1 for no limit. */
  readonly topP: number;
}

/**
 * float32 rounding of `logSumExp`, relative to the sum. A draw that falls this near to an edge is decided by the full
 * logits, so that the answer never depends on which way it was found.
 */
const normaliserError = 4e-6;

/**
 * Draws a token: temperature, then top-k, then top-p, then the inverse of the cumulative distribution in order of
 * falling probability (equal logits: lower id first).
 *
 * Exact over the whole vocabulary. What the candidates leave out is bounded from both sides by their smallest logit
 * and the exact log-sum-exp; only where the token could differ within those bounds the full logits are read.
 *
 * @param uniform the random number, from 0 up to but not 1
 * @param vocabularySize number of tokens that the candidates are the top of
 * @throws MillraceError engine_failed if the logits are not numbers
 */
export function sample(
  candidates: Candidates,
  options: SamplingOptions,
  uniform: number,
  vocabularySize: number,
): number {
  const first = candidates.logits[0];
  if (first === undefined || !Number.isFinite(first) || Number.isNaN(candidates.logSumExp)) {
    throw new MillraceError('engine_failed', 'The model gave logits that are not finite numbers');
  }
  if (options.temperature === 0 || options.topK === 1) return tokenAt(candidates.tokens, 0);

  const weights = scaledWeights(candidates.logits, options.temperature);
  const wanted = options.topK === 0 ? vocabularySize : Math.min(options.topK, vocabularySize);
  if (wanted <= weights.length) {
    return tokenAt(candidates.tokens, draw(weights.subarray(0, wanted), 0, options.topP, uniform));
  }
  const tail = tailBounds(candidates, weights, options.temperature, wanted, vocabularySize);
  const least = draw(weights, tail.least, options.topP, uniform);
  const most = draw(weights, tail.most, options.topP, uniform);
  if (least === most && least !== undecided) return tokenAt(candidates.tokens, least);
  return sampleFromAll(candidates.fullLogits(), options, uniform);
}

/** The same over every logit: for rows whose candidates don't suffice. */
function sampleFromAll(logits: Float32Array, options: SamplingOptions, uniform: number): number {
  const order = byFallingLogit(logits);
  const wanted = options.topK === 0 ? order.length : Math.min(options.topK, order.length);
  const kept = new Float32Array(wanted);
  for (let index = 0; index < wanted; index++) kept[index] = logits[order[index] ?? 0] ?? 0;
  return tokenAt(order, draw(scaledWeights(kept, options.temperature), 0, options.topP, uniform));
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
    if (nucleus === undecided && tail > 0) return undecided;
    kept = nucleus === undecided ? weights.length : nucleus + 1;
    keptSum = weights.subarray(0, kept).reduce((total, weight) => total + weight, 0);
  }
  const drawn = indexReaching(
    weights.subarray(0, kept),
    uniform * keptSum,
    (reached, target) => reached > target,
  );
  if (drawn !== undecided) return drawn;
  return topP < 1 || tail === 0 ? kept - 1 : undecided;
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

/**
 * Bounds of the sum of x^p over the tokens behind the candidates, where x is a token's weight at temperature 1 and
 * p = 1 / temperature. Known of them: how many (n), their sum (R), and that none is above the last candidate (m).
 * So the sum lies between R·m^(p-1), where all of R is in as few tokens as can be, and n·(R/n)^p, where it is spread
 * evenly; which of the two is the larger depends on whether p is above 1 (Jensen's inequality).
 */
function tailBounds(
  candidates: Candidates,
  weights: Float64Array,
  temperature: number,
  wanted: number,
  vocabularySize: number,
): { least: number; most: number } {
  const power = 1 / temperature;
  const first = candidates.logits[0] ?? 0;
  const count = vocabularySize - weights.length;
  const logLast = (candidates.logits.at(-1) ?? 0) - first;
  if (logLast === -Infinity) return { least: 0, most: 0 };
  const whole = Math.exp(candidates.logSumExp - first);
  const covered = scaledWeights(candidates.logits, 1).reduce((total, weight) => total + weight, 0);
  const boundsOf = (rest: number): [number, number] =>
    rest === 0 ? [0, 0] : [rest * Math.exp(logLast * (power - 1)), count * (rest / count) ** power];
  const error = normaliserError * whole;
  const least = Math.min(...boundsOf(Math.max(0, whole - covered - error)));
  const most = Math.max(...boundsOf(Math.max(0, whole - covered + error)));
  const reachable = wanted - weights.length;
  const ceiling = reachable * Math.exp(logLast * power);
  return {
    least: reachable < count ? 0 : Math.min(least, ceiling),
    most: Math.min(most, ceiling),
  };
}

function tokenAt(tokens: Int32Array | Uint32Array, index: number): number {
  const token = tokens[index];
  if (token === undefined) throw new MillraceError('internal_error', `There is no candidate ${index}`);
  return token;
}
