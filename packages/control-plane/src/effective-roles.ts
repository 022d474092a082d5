import { inArray } from '@millrace/store/sql';
import { apiKeys, memberships, users, type Database, type Transaction } from '@millrace/store';

/** A role of a user; `*` is all projects of the organisation. */
export interface Membership {
  readonly tenant: string;
  readonly role: string;
}

export const allTenants = '*';

/** A key, as far as its roles depend on it. */
export interface KeyOfUser {
  readonly tenant: string;
  readonly reach: string;
  readonly roles: readonly string[];
  readonly user: string | null;
}

/**
 * The roles that a key has: those of its own that its user has as well. A key that reaches further than its project has those that its
 * user has in the whole organisation.
 */
export function effectiveRoles(key: KeyOfUser, held: readonly Membership[]): readonly string[] {
  if (key.user === null) return key.roles;
  const counts = ({ tenant }: Membership): boolean =>
    tenant === allTenants || (key.reach === 'project' && tenant === key.tenant);
  return key.roles.filter((role) => held.some((each) => each.role === role && counts(each)));
}

/** Those of the keys that are good for nothing any more: revoked, of a user who is disabled or has none of their roles, or not there. */
export async function deadKeys(
  database: Database | Transaction,
  keyIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database
    .select()
    .from(apiKeys)
    .where(inArray(apiKeys.id, [...keyIds]));
  const userIds = [...new Set(rows.flatMap(({ user }) => user ?? []))];
  const disabled = new Set<string>();
  const held = new Map<string, Membership[]>();
  if (userIds.length > 0) {
    for (const user of await database.select().from(users).where(inArray(users.id, userIds)))
      if (user.disabledAt !== null) disabled.add(user.id);
    for (const row of await database.select().from(memberships).where(inArray(memberships.user, userIds)))
      held.set(row.user, [...(held.get(row.user) ?? []), row]);
  }
  const alive = rows.filter(
    (key) =>
      key.revokedAt === null &&
      (key.user === null ||
        (!disabled.has(key.user) && effectiveRoles(key, held.get(key.user) ?? []).length > 0)),
  );
  const living = new Set(alive.map(({ id }) => id));
  return new Set(keyIds.filter((id) => !living.has(id)));
}
