import { inArray, min, sql } from '@millrace/store/sql';
import type { Reading } from '@millrace/control-plane';
import { deadLetters } from '@millrace/store';
import { unresolved } from './letters.ts';

/** Letters of a stage that nobody has decided on, or that are being replayed. */
export interface LetterCount {
  readonly stage: string;
  readonly count: number;
  /** When the oldest of them died, in milliseconds since the epoch; undefined: there are none. */
  readonly oldestAt: number | undefined;
}

/** By each stage that has letters, resolved or not. @throws `database_unavailable` */
export async function countLetters({ database }: Reading): Promise<readonly LetterCount[]> {
  const isUnresolved = inArray(deadLetters.status, [...unresolved]);
  const rows = await database
    .select({
      stage: deadLetters.stage,
      count: sql<number>`(count(*) filter (where ${isUnresolved}))::int`,
      oldest: sql<
        string | null
      >`extract(epoch from ${min(deadLetters.diedAt)} filter (where ${isUnresolved}))::text`,
    })
    .from(deadLetters)
    .groupBy(deadLetters.stage);
  return rows.map(({ stage, count, oldest }) => ({
    stage,
    count,
    oldestAt: oldest === null ? undefined : Number(oldest) * 1_000,
  }));
}
