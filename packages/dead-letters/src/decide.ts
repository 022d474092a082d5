import { eq } from '@millrace/store/sql';
import { MillraceError, type Clock, type IdGenerator } from '@millrace/runtime';
import { deadLetters, type Transaction } from '@millrace/store';
import { noSuchLetter, showLetter, type ShownLetter } from './letters.ts';
import { replayKindOf, type LetterRow } from './replay-kind.ts';

interface Deciding {
  readonly clock: Clock;
  readonly nextId: IdGenerator;
}

export interface ReplayOrder {
  readonly letter: string;
  /** Id of a user or a key. */
  readonly actor: string;
  /** Whether also what was replayed or discarded before is. */
  readonly again: boolean;
}

/**
 * Decides that a letter is replayed, which the jobs carry out: @see carryOutReplays. Of a replay that is a request, the id is known from now on.
 *
 * @throws `resource_not_found`; `already_exists` where it was replayed, or is about to be; `conflicting_values` where it was discarded;
 *   `unsupported_value` where nothing can be made of it
 */
export async function orderReplay(
  { clock, nextId }: Deciding,
  transaction: Transaction,
  { letter, actor, again }: ReplayOrder,
): Promise<ShownLetter> {
  const row = await lockLetter(transaction, letter);
  const kind = replayKindOf(row);
  if (kind === 'none')
    throw new MillraceError(
      'unsupported_value',
      `The dead letter ${letter} cannot be read (${row.code}): there is nothing to replay. Discard it.`,
      { param: 'letter' },
    );
  if (row.status === 'replaying')
    throw new MillraceError('already_exists', `The dead letter ${letter} is being replayed.`, {
      param: 'letter',
    });
  if (row.status !== 'open' && !again) throw decidedBefore(row);
  return decided(transaction, row, {
    status: 'replaying',
    replays: row.replays + 1,
    replayRequestId: kind === 'request' ? nextId() : null,
    failure: null,
    discardReason: null,
    decidedAt: new Date(clock.now()),
    decidedBy: actor,
  });
}

/**
 * Decides that nothing more is done with a letter. Its message stays in the stream until its age is reached.
 *
 * @throws `resource_not_found`; `already_exists` where it was discarded; `conflicting_values` where it was replayed
 */
export async function discardLetter(
  { clock }: Pick<Deciding, 'clock'>,
  transaction: Transaction,
  { letter, actor, reason }: { readonly letter: string; readonly actor: string; readonly reason: string },
): Promise<ShownLetter> {
  const row = await lockLetter(transaction, letter);
  if (row.status !== 'open')
    throw row.status === 'discarded'
      ? new MillraceError('already_exists', `The dead letter ${letter} was discarded before.`, {
          param: 'letter',
        })
      : new MillraceError('conflicting_values', `The dead letter ${letter} is ${row.status}.`, {
          param: 'letter',
        });
  return decided(transaction, row, {
    status: 'discarded',
    failure: null,
    discardReason: reason,
    decidedAt: new Date(clock.now()),
    decidedBy: actor,
  });
}

async function decided(
  transaction: Transaction,
  { id }: LetterRow,
  decision: Partial<LetterRow>,
): Promise<ShownLetter> {
  const [updated] = await transaction
    .update(deadLetters)
    .set(decision)
    .where(eq(deadLetters.id, id))
    .returning();
  if (updated === undefined) throw noSuchLetter();
  return showLetter(updated);
}

function decidedBefore({ id, status, replayRequestId, discardReason }: LetterRow): MillraceError {
  const again = 'With again (--again) it is replayed once more.';
  if (status === 'discarded')
    return new MillraceError(
      'conflicting_values',
      `The dead letter ${id} was discarded: ${discardReason}. ${again}`,
      { param: 'again' },
    );
  const as = replayRequestId === null ? '' : ` as ${replayRequestId}`;
  return new MillraceError('already_exists', `The dead letter ${id} was replayed${as}. ${again}`, {
    param: 'again',
  });
}

/** Whoever decides on the same letter waits. @throws `resource_not_found` */
async function lockLetter(transaction: Transaction, letter: string): Promise<LetterRow> {
  const [row] = await transaction
    .select()
    .from(deadLetters)
    .where(eq(deadLetters.id, Number(letter)))
    .for('update');
  if (row === undefined) throw noSuchLetter();
  return row;
}
