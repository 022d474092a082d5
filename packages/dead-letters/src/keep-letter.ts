import { sql } from '@millrace/store/sql';
import type { StoredMessage } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import { deadLetters, onConnection, type Database } from '@millrace/store';

/**
 * Takes dead letters into the table, each once, whatever is delivered again. Where the stream was made anew, its numbers begin anew: a letter
 * of another moment takes the place of the old one, which is gone with its stream.
 *
 * @throws `database_unavailable`, `message_corrupt`, `schema_unknown`
 */
export async function keepLetters(
  { database, codec }: { readonly database: Database; readonly codec: Codec },
  messages: readonly Pick<StoredMessage, 'sequence' | 'payload'>[],
): Promise<void> {
  if (messages.length === 0) return;
  // One that is delivered twice in a batch is one row.
  const distinct = new Map(messages.map((message) => [message.sequence, message])).values().toArray();
  const rows = distinct.map(({ sequence: id, payload }) => {
    const letter = codec.decode('dead.letter', payload);
    return {
      id,
      stage: letter.stage,
      tenant: letter.tenant,
      requestId: letter.request_id,
      stream: letter.stream,
      subject: letter.subject,
      sequence: letter.sequence,
      deliveryCount: letter.delivery_count,
      code: letter.code,
      reason: letter.reason,
      diedAt: new Date(letter.at),
    };
  });
  await onConnection(database, (connection) =>
    connection
      .insert(deadLetters)
      .values(rows)
      .onConflictDoUpdate({
        target: deadLetters.id,
        set: {
          stage: excluded('stage'),
          tenant: excluded('tenant'),
          requestId: excluded('request_id'),
          stream: excluded('stream'),
          subject: excluded('subject'),
          sequence: excluded('sequence'),
          deliveryCount: excluded('delivery_count'),
          code: excluded('code'),
          reason: excluded('reason'),
          diedAt: excluded('died_at'),
          status: 'open',
          replays: 0,
          replayRequestId: null,
          failure: null,
          decidedAt: null,
          decidedBy: null,
          discardReason: null,
        },
        setWhere: sql`${deadLetters.diedAt} <> excluded.died_at`,
      }),
  );
}

/** A column of the row that was to be inserted. */
function excluded(name: string) {
  return sql.raw(`excluded.${name}`);
}
