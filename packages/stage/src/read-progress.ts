import { MillraceError } from '@millrace/runtime';
import { readResults } from './result-log.ts';
import type { StageDependencies } from './stage-dependencies.ts';

/** How far a request has come, as its results say. */
export interface Progress {
  /** Whether a worker has it, or had it. One that has published nothing yet leaves no trace. */
  readonly hasBegun: boolean;
  /** Tokens of all choices that are published. */
  readonly tokens: number;
}

/** Reads the results of a request. Where they cannot be read to their end, it has begun, and what could be read counts. */
export async function readProgress(
  dependencies: Pick<StageDependencies, 'bus' | 'codec'>,
  requestId: string,
): Promise<Progress> {
  /** By choice: the position behind its last token. */
  const ends = new Map<number, number>();
  const tokens = (): number => [...ends.values()].reduce((sum, end) => sum + end, 0);
  let hasBegun = false;
  try {
    for await (const { record } of readResults(dependencies, requestId)) {
      const { kind, choice, first_position, token_count } = record;
      if (kind === 'OPENED' || kind === 'MASKED') continue;
      hasBegun = true;
      if (kind === 'CHUNK') ends.set(choice, Math.max(ends.get(choice) ?? 0, first_position + token_count));
    }
  } catch (error) {
    if (!(error instanceof MillraceError) || error.retryable) throw error;
    return { hasBegun: true, tokens: tokens() };
  }
  return { hasBegun, tokens: tokens() };
}
