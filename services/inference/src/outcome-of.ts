import type { Interruption } from '@millrace/stage';
import type { Finished } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';

/**
 * How a request ended whose choices ended so.
 *
 * @throws when the work has to be done again by this or another worker
 */
export function outcomeOf(
  finishReasons: readonly string[],
  { reason }: Pick<Interruption, 'reason'>,
): { readonly outcome: Finished['outcome']; readonly failure: MillraceError | undefined } {
  if (!finishReasons.includes('cancelled')) return { outcome: 'COMPLETED', failure: undefined };
  switch (reason?.kind) {
    case 'cancelled':
      return { outcome: 'CANCELLED', failure: undefined };
    case 'expired':
      return {
        outcome: 'EXPIRED',
        failure: new MillraceError(
          'deadline_exceeded',
          'The answer was not finished before the deadline of the request.',
        ),
      };
    case 'failed':
      throw reason.error;
    case 'handed_back':
      throw new MillraceError('unavailable', 'The worker stops; another one goes on with the request.');
    case undefined:
      throw new MillraceError('engine_failed', 'The engine stopped a generation that nobody had cancelled.');
  }
}

/** The reason that stands for those of all choices: of the one that came least to its own end. */
export function mainReason(finishReasons: readonly string[]): string {
  const found = ['cancelled', 'length'].find((reason) => finishReasons.includes(reason));
  return found ?? finishReasons[0] ?? 'stop';
}
