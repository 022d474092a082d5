import type { Closings } from './count-closings.ts';
import type { EngineView } from './engine-view.ts';

export interface MemorySample {
  /** Requests that had ended. */
  readonly requests: number;
  readonly residentBytes: number;
}

export interface SoakReport {
  readonly requests: number;
  readonly seconds: number;
  /** How often clients behaved in each way. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly closings: Closings;
  /** What went wrong for a client, each message once. */
  readonly clientErrors: readonly string[];
  readonly first: EngineView;
  /** Once all was closed. */
  readonly last: EngineView;
  readonly memory: readonly MemorySample[];
}

/** Requests from which on memory is judged: before, the cache and the compiler still fill up. */
const leastRequests = 500;
/** What the median of the last quarter may lie above that of the second. */
const mostGrowth = 0.05;

/**
 * How much more memory the last quarter of the samples has than the second quarter, the first being the warm-up; undefined where the run
 * is too short to say.
 */
export function memoryGrowth({
  requests,
  memory,
}: Pick<SoakReport, 'requests' | 'memory'>): number | undefined {
  if (requests < leastRequests || memory.length < 8) return undefined;
  const quarter = (number: number): readonly number[] =>
    memory
      .slice(Math.floor((memory.length * (number - 1)) / 4), Math.floor((memory.length * number) / 4))
      .map(({ residentBytes }) => residentBytes);
  return median(quarter(4)) / median(quarter(2)) - 1;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** What does not hold of a run, in sentences; none where all does. */
export function judgeSoak(report: SoakReport): readonly string[] {
  const { requests, closings, first, last, clientErrors } = report;
  const { byOutcome, unclosed, repeated, foreign } = closings;
  const closed = Object.values(byOutcome).reduce((sum, count) => sum + count, 0);
  const growth = memoryGrowth(report);
  return [
    closed === requests ? '' : `${closed} of ${requests} requests ended, ${unclosed.length} never did.`,
    repeated === 0 ? '' : `${repeated} closings came for requests that were closed already.`,
    foreign === 0 ? '' : `${foreign} closings are of requests that no client knows.`,
    (byOutcome['failed'] ?? 0) === 0 ? '' : `${byOutcome['failed']} requests failed.`,
    last.slotsUsed === 0 && last.waiting === 0
      ? ''
      : `${last.slotsUsed} slots are in use and ${last.waiting} sequences wait with nothing to do.`,
    last.blocksUsed === 0
      ? ''
      : `${last.blocksUsed} blocks of keys and values are in use with nothing to do.`,
    last.queued === 0 ? '' : `${last.queued} requests are still queued.`,
    last.worker === first.worker ? '' : 'The worker has died, and another one has taken its place.',
    growth === undefined || growth <= mostGrowth
      ? ''
      : `Memory grew by ${percent(growth)} from the second quarter to the last; ${percent(mostGrowth)} are allowed.`,
    ...clientErrors,
  ].filter((problem) => problem !== '');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
