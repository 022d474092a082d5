import { and, eq, isNotNull, ne, sql } from '@millrace/store/sql';
import { controlKeys } from '@millrace/contracts';
import { apiKeys, inTransaction, memberships, tenants, users, type Transaction } from '@millrace/store';
import type { DataSubject, PersonalDataDependencies } from '../data-subject.ts';

/**
 * Lets nothing more in: suspends the tenant or shuts the user out of it, and revokes the API keys, which ends their connections. A user
 * who has no other tenant is disabled.
 *
 * @returns how many keys are revoked
 * @throws `database_unavailable`, `unavailable`
 */
export async function shutOut(
  { database, bus, codec, clock }: PersonalDataDependencies,
  { tenant, user }: DataSubject,
): Promise<number> {
  const at = clock.now();
  const now = sql`${new Date(at).toISOString()}::timestamptz`;
  const keys = await inTransaction(database, async (transaction) => {
    if (user === null)
      await transaction
        .update(tenants)
        .set({ suspendedAt: sql`coalesce(${tenants.suspendedAt}, ${now})` })
        .where(eq(tenants.id, tenant));
    else await leaveTenant(transaction, tenant, user, new Date(at));
    return transaction
      .update(apiKeys)
      .set({ revokedAt: sql`coalesce(${apiKeys.revokedAt}, ${now})` })
      .where(and(eq(apiKeys.tenant, tenant), user === null ? undefined : eq(apiKeys.user, user)))
      .returning({ id: apiKeys.id });
  });
  // Also of those that were revoked before: whoever did it may not have come as far as this.
  for (const { id } of keys) {
    const revocation = codec.encode('key.revoked', { key_id: id, at });
    await bus.bucket('CONTROL').put(controlKeys.revocation(id), revocation);
  }
  return keys.length;
}

async function leaveTenant(transaction: Transaction, tenant: string, user: string, at: Date): Promise<void> {
  const own = eq(memberships.user, user);
  await transaction.delete(memberships).where(and(own, eq(memberships.tenant, tenant)));
  const [elsewhere] = await transaction
    .select({ tenant: memberships.tenant })
    .from(memberships)
    .where(and(own, ne(memberships.tenant, '*')))
    .limit(1);
  if (elsewhere !== undefined) return;
  await transaction.delete(memberships).where(own);
  await transaction.update(users).set({ disabledAt: at }).where(eq(users.id, user));
}

/**
 * Removes names: those of the tenant and its API keys; of a user who is disabled also the profile, and what an identity provider calls it.
 *
 * @throws `database_unavailable`
 */
export async function removeNames(
  { database }: PersonalDataDependencies,
  { tenant, user }: DataSubject,
): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await transaction
      .update(apiKeys)
      .set({ name: sql`${apiKeys.id}` })
      .where(and(eq(apiKeys.tenant, tenant), user === null ? undefined : eq(apiKeys.user, user)));
    if (user === null)
      await transaction.update(tenants).set({ name: 'erased' }).where(eq(tenants.id, tenant));
    else
      await transaction
        .update(users)
        .set({ profile: null, issuer: null, subject: null })
        .where(and(eq(users.id, user), isNotNull(users.disabledAt)));
  });
}
