import { and, eq, inArray, isNull, or, sql, type Column, type SQL } from '@millrace/store/sql';
import type { IdGenerator } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { apiKeys, type Database } from '@millrace/store';

/** Whose data it is: a tenant's, or that of one of its users. */
export interface DataSubject {
  readonly tenant: string;
  /** Null: the whole tenant. */
  readonly user: string | null;
}

/** What those are handed who deal with the data of tenants and users. */
export interface PersonalDataDependencies extends Pick<
  StageDependencies,
  'bus' | 'codec' | 'clock' | 'sealing'
> {
  readonly database: Database;
  /** UUIDs in the order of their making. */
  readonly nextId: IdGenerator;
}

interface OwnedTable {
  readonly tenant: Column;
  readonly user: Column;
  readonly keyId?: Column;
}

/** The rows of a table that are the subject's. A row that names no user is the user's if its API key is. */
export function belongsTo({ tenant, user }: DataSubject, table: OwnedTable): SQL | undefined {
  const isTenants = eq(table.tenant, tenant);
  if (user === null) return isTenants;
  const { keyId } = table;
  const ownKeys = sql`(select ${apiKeys.id} from ${apiKeys} where ${apiKeys.user} = ${user})`;
  return and(
    isTenants,
    or(
      eq(table.user, user),
      keyId === undefined ? undefined : and(isNull(table.user), inArray(keyId, ownKeys)),
    ),
  );
}
