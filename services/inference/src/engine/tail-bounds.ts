import type { CertainHead } from './certain-head.ts';
import type { Candidates } from './model-runner.ts';

/** Bounds of the sum of exp((logit - first logit of the head) / temperature) over the tokens behind the head. */
export interface TailBounds {
  readonly least: number;
  readonly most: number;
}

/**
 * float32 rounding of `logSumExp`, relative to the sum, where it is at most 32 (its rounding grows with it). A draw that
 * falls this near to an edge is decided by the full logits, so that the answer never depends on which way it was found.
 */
const normaliserError = 4e-6;

/** What the order of a float64 sum can change, for weights of which the first is 1. */
const roundingError = 1e-10;

/**
 * Bounds what the candidates leave out. Behind the head stand three kinds of tokens: candidates whose place is in doubt
 * (their weights are known), others with bias or penalties (each has an upper bound), and all the rest, of which are
 * known: how many (n), their sum at temperature 1 (R, from the log-sum-exp), and that none is above the last candidate (m).
 * At temperature t, with p = 1 / t, the sum of x^p over the rest lies between R·m^(p-1), where all of R is in as few
 * tokens as can be, and n·(R/n)^p, where it is spread evenly; which of the two is the larger depends on whether p is
 * above 1 (Jensen's inequality).
 *
 * @param head not empty
 * @param wanted how many tokens top-k leaves, more than the head has
 */
export function tailBounds(
  candidates: Candidates,
  head: CertainHead,
  temperature: number,
  wanted: number,
  vocabularySize: number,
): TailBounds {
  if (head.ceiling === -Infinity) return { least: 0, most: 0 };
  const first = head.logits[0] ?? 0;
  const weightOf = (logit: number): number => Math.exp((logit - first) / temperature);
  const doubtful = sum(head.doubtful.map(weightOf));
  const changed = sum(head.changedBounds.map(weightOf));
  const rest = restBounds(candidates, head, temperature, vocabularySize);
  const most = doubtful + changed + Math.min(rest.most, rest.count * weightOf(rest.ceiling));
  const margin = roundingError * (1 + most);
  const reachable = wanted - head.tokens.length;
  const cut = reachable < vocabularySize - head.tokens.length;
  return {
    least: cut ? 0 : Math.max(0, doubtful + rest.least - margin),
    most: Math.min(most + margin, reachable * weightOf(head.ceiling) + margin),
  };
}

/** The same of the tokens that are no candidates and have neither bias nor penalties. */
function restBounds(
  candidates: Candidates,
  head: CertainHead,
  temperature: number,
  vocabularySize: number,
): TailBounds & { readonly count: number; readonly ceiling: number } {
  const top = candidates.logits[0] ?? 0;
  const ceiling = candidates.logits.at(-1) ?? 0;
  const changedCount = head.changedBounds.length;
  const count = vocabularySize - candidates.tokens.length - changedCount;
  if (count === 0 || ceiling === -Infinity) return { least: 0, most: 0, count: 0, ceiling };
  const whole = Math.exp(candidates.logSumExp - top);
  const covered = sum(Array.from(candidates.logits, (logit) => Math.exp(logit - top)));
  const error = normaliserError * Math.max(1, Math.abs(candidates.logSumExp) / 32) * whole;
  const power = 1 / temperature;
  const shift = (top - (head.logits[0] ?? 0)) * power;
  const boundsOf = (mass: number): [number, number] => {
    const logMass = Math.log(mass);
    const concentrated = Math.exp(logMass + (ceiling - top) * (power - 1) + shift);
    const even = Math.exp(Math.log(count) + (logMass - Math.log(count)) * power + shift);
    return [concentrated, even];
  };
  const leastMass = whole - covered - error - changedCount * Math.exp(ceiling - top);
  const mostMass = whole - covered + error;
  return {
    least: leastMass > 0 ? Math.min(...boundsOf(leastMass)) : 0,
    most: mostMass > 0 ? Math.max(...boundsOf(mostMass)) : 0,
    count,
    ceiling,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
