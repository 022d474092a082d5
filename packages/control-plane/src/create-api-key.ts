import { systemRandom, type RandomSource } from '@millrace/runtime';
import { apiKeys, inTransaction, quotas, type Database, type Transaction } from '@millrace/store';
import { makeApiKey } from './api-key.ts';
import type { Grant } from './grants.ts';
import type { Reach } from './permissions.ts';

export interface NewApiKey {
  readonly tenant: string;
  readonly name?: string;
  readonly roles?: readonly string[];
  /** By default `project`. */
  readonly reach?: Reach;
  readonly user?: string;
  readonly allowedModels?: readonly string[];
  readonly allowedAddresses?: readonly string[];
  readonly scopes?: readonly string[];
  /** Milliseconds since the epoch; by default it does not expire. */
  readonly expiresAt?: number;
}

export type KeyRow = typeof apiKeys.$inferSelect;

/** Creates an API key. @returns the key, which can never be read again, and its public id */
export async function createApiKey(
  database: Database,
  key: NewApiKey,
  random: RandomSource = systemRandom,
): Promise<{ readonly keyId: string; readonly key: string }> {
  const { row, secret } = await inTransaction(database, (transaction) =>
    insertApiKey(transaction, random, {
      tenant: key.tenant,
      user: key.user ?? null,
      name: key.name,
      roles: key.roles ?? ['developer'],
      reach: key.reach ?? 'project',
      scopes: key.scopes ?? null,
      allowedModels: key.allowedModels ?? null,
      allowedAddresses: key.allowedAddresses ?? null,
      expiresAt: key.expiresAt === undefined ? null : new Date(key.expiresAt),
      createdAt: new Date(),
    }),
  );
  return { keyId: row.id, key: secret };
}

/** What a quota lets through at most. */
type Limits = Partial<
  Pick<
    typeof quotas.$inferInsert,
    | 'requestsPerMinute'
    | 'tokensPerMinute'
    | 'maxInFlight'
    | 'tokensPerDay'
    | 'tokensPerMonth'
    | 'budgetPerMonth'
  >
>;

/** Writes a new key and its quota. @param limits by default none */
export async function insertApiKey(
  transaction: Transaction,
  random: RandomSource,
  key: Grant & {
    readonly tenant: string;
    readonly user: string | null;
    /** By default its id. */
    readonly name: string | undefined;
    readonly createdAt: Date;
  },
  limits: Limits = {},
): Promise<{ readonly row: KeyRow; readonly secret: string }> {
  const { keyId, text, hash } = makeApiKey(random);
  const values = {
    id: keyId,
    tenant: key.tenant,
    user: key.user,
    name: key.name ?? keyId,
    hash: Buffer.from(hash),
    roles: [...key.roles],
    reach: key.reach,
    scopes: copy(key.scopes),
    allowedModels: copy(key.allowedModels),
    allowedAddresses: copy(key.allowedAddresses),
    createdAt: key.createdAt,
    expiresAt: key.expiresAt,
  };
  const [row] = await transaction.insert(apiKeys).values(values).returning();
  if (row === undefined) throw new Error('PostgreSQL did not return the key that it stored');
  await transaction.insert(quotas).values({ scope: 'key', subject: keyId, ...limits });
  return { row, secret: text };
}

function copy(list: readonly string[] | null): string[] | null {
  return list === null ? null : [...list];
}
