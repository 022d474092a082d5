import { and, asc, eq, notInArray } from '@millrace/store/sql';
import { subjects } from '@millrace/contracts';
import type { Relay } from '@millrace/relay';
import { MillraceError, type Clock, type Logger } from '@millrace/runtime';
import { deadLetters, inTransaction, type Database } from '@millrace/store';
import { openLetter, openRequest, type OpeningDependencies } from './open-letter.ts';
import { replayMessage, type MessageDependencies } from './replay-message.ts';
import { submissionOf } from './replay-request.ts';
import { replayKindOf, type LetterRow } from './replay-kind.ts';

export interface ReplayDependencies extends OpeningDependencies, MessageDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly relay: Pick<Relay, 'submit'>;
}

/**
 * Carries out what was ordered, oldest first; replicas take turns at each letter. What cannot be done now stays ordered; what cannot be done at all
 * is open again, with why.
 *
 * @returns how many were carried out, by what came of it
 * @throws `database_unavailable`, the signal's reason
 */
export async function carryOutReplays(
  dependencies: ReplayDependencies,
  signal: AbortSignal,
): Promise<Readonly<Record<'replayed' | 'failed' | 'postponed', number>>> {
  const done = { replayed: 0, failed: 0, postponed: 0 };
  const tried = new Set<number>();
  for (;;) {
    signal.throwIfAborted();
    const outcome = await inTransaction(dependencies.database, async (transaction) => {
      const [row] = await transaction
        .select()
        .from(deadLetters)
        .where(and(eq(deadLetters.status, 'replaying'), notInArray(deadLetters.id, [...tried])))
        .orderBy(asc(deadLetters.id))
        .limit(1)
        .for('update', { skipLocked: true });
      if (row === undefined) return 'none';
      tried.add(row.id);
      const failure = await whyNot(dependencies, row, signal);
      if (failure === 'later') return 'postponed';
      await transaction
        .update(deadLetters)
        .set(
          failure === undefined
            ? { status: 'replayed', failure: null }
            : { status: 'open', failure, replayRequestId: null },
        )
        .where(eq(deadLetters.id, row.id));
      return failure === undefined ? 'replayed' : 'failed';
    });
    if (outcome === 'none') return done;
    done[outcome] += 1;
  }
}

/** Replays a letter. @returns why that is not possible, or `later` where it is not now */
async function whyNot(
  dependencies: ReplayDependencies,
  row: LetterRow,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await replay(dependencies, row, signal);
    return undefined;
  } catch (cause) {
    const error = MillraceError.from(cause);
    if (error.retryable) {
      dependencies.logger.warn({ error, letter: row.id }, 'a dead letter will be replayed later');
      return 'later';
    }
    dependencies.logger.error(
      { error, letter: row.id, stage: row.stage },
      'a dead letter cannot be replayed',
    );
    return `${error.code}: ${error.message}`;
  }
}

async function replay(dependencies: ReplayDependencies, row: LetterRow, signal: AbortSignal): Promise<void> {
  const { bus, codec, clock, relay } = dependencies;
  const opened = await openLetter(dependencies, row);
  const { letter, payload } = opened;
  const messageId = `dead-letter:${row.id}:replay:${row.replays}`;
  switch (replayKindOf(row)) {
    case 'request': {
      if (row.replayRequestId === null) throw new Error(`the letter ${row.id} has no id for its replay`);
      await relay.submit(submissionOf(await openRequest(dependencies, opened), row.replayRequestId));
      return;
    }
    case 'intake':
      await bus.publish(await replayMessage(dependencies, opened, messageId, signal));
      return;
    case 'stage':
      // What cannot be read would only come back.
      codec.decode(letter.stream === 'ACTS' ? 'act.performed' : 'request.closed', payload);
      await bus.publish({
        subject: subjects.letterReturned(letter.stage),
        payload: codec.encode('letter.returned', {
          letter_id: String(row.id),
          stage: letter.stage,
          stream: letter.stream,
          subject: letter.subject,
          sequence: letter.sequence,
          stored_at: letter.at,
          returned_at: clock.now(),
          payload,
        }),
        messageId,
      });
      return;
    case 'none':
      throw new MillraceError('unsupported_value', 'There is nothing in it that could be replayed.');
  }
}
