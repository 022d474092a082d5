import { Big } from 'big.js';
import { formatColumns } from '../columns.ts';
import type { Answered, RerunHead, RerunResult } from './rerun-result.ts';

/** What a rerun may differ by. Shares are 0 to 1; undefined: as much as it does. */
export interface Thresholds {
  /** Share of the answers that are other than before, failed ones among them. */
  readonly maxChanged?: number | undefined;
  /** Of all pairs of answers, on average. */
  readonly minSimilarity?: number | undefined;
  /** Share of the examples that were not answered. */
  readonly maxFailed?: number | undefined;
  /** How much slower, in the median. */
  readonly maxSlower?: number | undefined;
  /** How much dearer, in all. */
  readonly maxDearer?: number | undefined;
}

interface Side {
  readonly model: string;
  readonly failed: number;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly latency_p50_ms: number | null;
  readonly latency_p95_ms: number | null;
  readonly amount: string | null;
  readonly currency: string | null;
}

/** The report of a rerun, as programs read it. */
export interface Report {
  readonly id: string;
  readonly tenant: string;
  readonly examples: number;
  /** Whose consent was taken back since they were run: they are in no figure. */
  readonly withdrawn: number;
  readonly equal: number;
  readonly changed: number;
  readonly changed_share: number;
  readonly similarity_mean: number;
  readonly similarity_p5: number;
  readonly baseline: Side;
  readonly candidate: Side;
  /** Those that differ most, by request. */
  readonly most_changed: readonly {
    readonly request_id: string;
    readonly similarity: number;
    readonly error: string | null;
  }[];
  /** What is beyond a threshold, in words. */
  readonly breaches: readonly string[];
}

const mostShown = 10;

export function reportOf(
  head: RerunHead,
  results: readonly RerunResult[],
  withdrawn: number,
  thresholds: Thresholds,
): Report {
  const similarities = results.map(({ similarity }) => similarity).toSorted((one, other) => one - other);
  const equal = results.filter((result) => result.equal).length;
  const changed = results.length - equal;
  const report = {
    id: head.id,
    tenant: head.tenant,
    examples: results.length,
    withdrawn,
    equal,
    changed,
    changed_share: shareOf(changed, results.length),
    similarity_mean: round(similarities.reduce((sum, each) => sum + each, 0) / Math.max(1, results.length)),
    similarity_p5: round(similarities[Math.floor(similarities.length * 0.05)] ?? 1),
    baseline: sideOf(
      head.against,
      results.map(({ baseline }) => baseline),
    ),
    candidate: sideOf(
      head.model,
      results.map(({ candidate }) => candidate),
    ),
    most_changed: results
      .filter((result) => !result.equal)
      .toSorted((one, other) => one.similarity - other.similarity)
      .slice(0, mostShown)
      .map(({ request_id, similarity, candidate }) => ({
        request_id,
        similarity: round(similarity),
        error: candidate.error,
      })),
  };
  return { ...report, breaches: breachesOf(report, thresholds) };
}

function sideOf(model: string, answers: readonly Answered[]): Side {
  const latencies = numbersOf(answers.map(({ latency_ms }) => latency_ms)).toSorted((a, b) => a - b);
  const amounts = answers.flatMap(({ amount }) => amount ?? []);
  const currencies = new Set(answers.flatMap(({ currency }) => currency ?? []));
  const [currency = null] = currencies;
  return {
    model,
    failed: answers.filter(({ error }) => error !== null).length,
    input_tokens: sumOf(answers.map(({ input_tokens }) => input_tokens)),
    output_tokens: sumOf(answers.map(({ output_tokens }) => output_tokens)),
    latency_p50_ms: percentile(latencies, 0.5),
    latency_p95_ms: percentile(latencies, 0.95),
    // Amounts of several currencies are not added up.
    amount:
      currencies.size === 1 ? amounts.reduce((sum, each) => sum.plus(each), new Big(0)).toFixed(10) : null,
    currency: currencies.size === 1 ? currency : null,
  };
}

function breachesOf(report: Omit<Report, 'breaches'>, limits: Thresholds): readonly string[] {
  const { baseline, candidate, changed_share: changed, similarity_mean: similarity, examples } = report;
  const failed = shareOf(candidate.failed, examples);
  const slower = increaseOf(baseline.latency_p50_ms, candidate.latency_p50_ms);
  const dearer = increaseOf(numberOf(baseline.amount), numberOf(candidate.amount));
  const checks: readonly (readonly [number | undefined, number | undefined, string])[] = [
    [changed, limits.maxChanged, `${percent(changed)} of the answers are changed`],
    [failed, limits.maxFailed, `${percent(failed)} of the examples failed`],
    [slower, limits.maxSlower, `the median latency rose by ${percent(slower ?? 0)}`],
    [dearer, limits.maxDearer, `the cost rose by ${percent(dearer ?? 0)}`],
  ];
  const tooMuch = checks.flatMap(([value, limit, what]) =>
    value !== undefined && limit !== undefined && value > limit
      ? [`${what}: more than ${percent(limit)}`]
      : [],
  );
  const { minSimilarity } = limits;
  if (minSimilarity === undefined || examples === 0 || similarity >= minSimilarity) return tooMuch;
  return [...tooMuch, `the answers are ${similarity} alike on average: less than ${minSimilarity}`];
}

/** For a person. */
export function formatReport(report: Report): string {
  const { baseline, candidate } = report;
  const row = (name: string, of: (side: Side) => number | string | null): readonly string[] => [
    name,
    String(of(baseline) ?? '-'),
    String(of(candidate) ?? '-'),
  ];
  const lines = [
    `${report.examples} examples of ${report.tenant}, rerun ${report.id}`,
    ...(report.withdrawn === 0
      ? []
      : [`${report.withdrawn} left out: their consent was taken back, or their time is over`]),
    '',
    formatColumns([
      ['', baseline.model, candidate.model],
      row('failed', ({ failed }) => failed),
      row('input tokens', ({ input_tokens }) => input_tokens),
      row('output tokens', ({ output_tokens }) => output_tokens),
      row('latency p50, ms', ({ latency_p50_ms }) => latency_p50_ms),
      row('latency p95, ms', ({ latency_p95_ms }) => latency_p95_ms),
      row('cost', ({ amount, currency }) => (amount === null ? null : `${amount} ${currency}`)),
    ]),
    formatColumns([
      ['equal answers', String(report.equal)],
      ['changed answers', `${report.changed} (${percent(report.changed_share)})`],
      ['similarity, mean', String(report.similarity_mean)],
      ['similarity, p5', String(report.similarity_p5)],
    ]),
    ...(report.most_changed.length === 0
      ? []
      : [
          'Changed most:',
          formatColumns(
            report.most_changed.map(({ request_id, similarity, error }) => [
              request_id,
              String(similarity),
              error ?? '',
            ]),
          ),
        ]),
    ...report.breaches.map((breach) => `BEYOND A THRESHOLD: ${breach}`),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

const numbersOf = (values: readonly (number | null)[]): readonly number[] =>
  values.flatMap((value) => value ?? []);

function sumOf(values: readonly (number | null)[]): number | null {
  const numbers = numbersOf(values);
  return numbers.length === 0 ? null : numbers.reduce((sum, each) => sum + each, 0);
}

function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

const numberOf = (amount: string | null): number | null => (amount === null ? null : Number(amount));

/** By what share of the first the second is more; undefined where that says nothing. */
function increaseOf(before: number | null, after: number | null): number | undefined {
  return before === null || after === null || before === 0 ? undefined : after / before - 1;
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
