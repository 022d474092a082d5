import { eq, sql } from '@millrace/store/sql';
import { apiKeys, inTransaction, type Transaction } from '@millrace/store';
import { noteChanges, publishControlChanges } from './control-changes.ts';
import type { ControlDependencies } from './control-dependencies.ts';
import type { KeyRow } from './create-api-key.ts';

/**
 * Revokes an API key for good and tells the gateways, which end its connections. @returns whether there is such a key
 *
 * @throws `database_unavailable`; `unavailable` where it is revoked and the gateways are told later
 */
export async function revokeApiKey(
  dependencies: Pick<ControlDependencies, 'database' | 'bus' | 'codec' | 'clock'>,
  keyId: string,
): Promise<boolean> {
  const { database, clock } = dependencies;
  const row = await inTransaction(database, (transaction) =>
    markRevoked(transaction, keyId, new Date(clock.now())),
  );
  if (row === undefined) return false;
  await publishControlChanges(dependencies);
  return true;
}

/** Marks a key as revoked and notes that it is to be told; one that was revoked before keeps its moment. */
export async function markRevoked(
  transaction: Transaction,
  keyId: string,
  at: Date,
): Promise<KeyRow | undefined> {
  const [row] = await transaction
    .update(apiKeys)
    .set({
      revokedAt: sql`coalesce(${apiKeys.revokedAt}, ${at.toISOString()}::timestamptz)`,
      version: sql`${apiKeys.version} + 1`,
    })
    .where(eq(apiKeys.id, keyId))
    .returning();
  if (row !== undefined) await noteChanges(transaction, 'key', [keyId]);
  return row;
}
