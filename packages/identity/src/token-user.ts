import { and, eq } from '@millrace/store/sql';
import type { IdGenerator } from '@millrace/runtime';
import { inTransaction, onConnection, quotas, users, type Database } from '@millrace/store';

/** Whom an issuer vouches for. */
export interface TokenUser {
  readonly id: string;
  readonly organisation: string;
  readonly disabledAt: Date | null;
}

export interface UserSource {
  readonly issuer: string;
  readonly subject: string;
}

const columns = { id: users.id, organisation: users.organisation, disabledAt: users.disabledAt };

export async function findTokenUser(
  database: Database,
  { issuer, subject }: UserSource,
): Promise<TokenUser | undefined> {
  const [row] = await onConnection(database, (connection) =>
    connection
      .select(columns)
      .from(users)
      .where(and(eq(users.issuer, issuer), eq(users.subject, subject))),
  );
  return row;
}

/** Makes a user who is seen for the first time, once however many tokens come at the same time. */
export async function makeTokenUser(
  database: Database,
  nextId: IdGenerator,
  { organisation, issuer, subject }: UserSource & { readonly organisation: string },
): Promise<TokenUser | undefined> {
  const id = `usr_${nextId().replaceAll('-', '')}`;
  const isMade = await inTransaction(database, async (transaction) => {
    const made = await transaction
      .insert(users)
      .values({ id, organisation, kind: 'person', issuer, subject })
      .onConflictDoNothing({ target: [users.issuer, users.subject] })
      .returning({ id: users.id });
    if (made.length === 0) return false;
    await transaction.insert(quotas).values({ scope: 'user', subject: id }).onConflictDoNothing();
    return true;
  });
  return isMade ? { id, organisation, disabledAt: null } : findTokenUser(database, { issuer, subject });
}
