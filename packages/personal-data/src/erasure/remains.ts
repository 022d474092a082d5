import { reportKeptData } from '../kept/report-kept-data.ts';

/** What is still there after an erasure. */
export interface Remains {
  /** Stream, bucket or table. */
  readonly store: string;
  readonly why: string;
  /** When the last of it goes, in milliseconds since the epoch; undefined: not by itself. */
  readonly until: number | undefined;
}

/** What is left of what was erased at a time in milliseconds since the epoch. */
export function remainsOf(erasedAt: number): readonly Remains[] {
  return reportKeptData()
    .filter(({ kind, personal, erasure }) => kind !== 'memory' && personal !== 'none' && !isGone(erasure))
    .map(({ store, erasure, keptMs }) => ({
      store,
      why: erasure,
      until: keptMs === undefined ? undefined : erasedAt + keptMs,
    }));
}

function isGone(erasure: string): boolean {
  return erasure.startsWith('Removed') || erasure.startsWith('Destroyed');
}
