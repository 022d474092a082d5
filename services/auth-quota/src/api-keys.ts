import { and, eq } from 'drizzle-orm';
import { controlKeys, type CredentialVerified } from '@millrace/contracts';
import { systemRandom, type RandomSource } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import {
  apiKeys,
  inTransaction,
  organisations,
  quotas,
  tenants,
  users,
  type Database,
} from '@millrace/store';
import { isKeyOf, keyIdOf, makeApiKey } from './api-key.ts';

export interface NewApiKey {
  readonly tenant: string;
  readonly name?: string;
  readonly roles?: readonly string[];
  /** Milliseconds since the epoch; by default it does not expire. */
  readonly expiresAt?: number;
}

/** Creates an API key. @returns the key, which can never be read again, and its public id */
export async function createApiKey(
  database: Database,
  { tenant, name, roles = ['developer'], expiresAt }: NewApiKey,
  random: RandomSource = systemRandom,
): Promise<{ readonly keyId: string; readonly key: string }> {
  const { keyId, text, hash } = makeApiKey(random);
  await inTransaction(database, async (transaction) => {
    await transaction.insert(apiKeys).values({
      id: keyId,
      tenant,
      name: name ?? keyId,
      hash: Buffer.from(hash),
      roles: [...roles],
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    });
    await transaction.insert(quotas).values({ scope: 'key', subject: keyId });
  });
  return { keyId, key: text };
}

/** Revokes an API key for good and tells the gateways, which end its connections. @returns whether there is such a key */
export async function revokeApiKey(
  {
    database,
    bus,
    codec,
    clock,
  }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'> & { readonly database: Database },
  keyId: string,
): Promise<boolean> {
  const at = clock.now();
  const revoked = await database
    .update(apiKeys)
    .set({ revokedAt: new Date(at) })
    .where(eq(apiKeys.id, keyId))
    .returning({ id: apiKeys.id });
  if (revoked.length === 0) return false;
  await bus
    .bucket('CONTROL')
    .put(controlKeys.revocation(keyId), codec.encode('key.revoked', { key_id: keyId, at }));
  return true;
}

/** Requests in flight: where a project has no limit, a gateway still has one for each principal. */
export const unlimitedInFlight = 1_024;

const unknownHash = new Uint8Array(32);

/**
 * Who a credential belongs to. That a key was revoked or has expired is only told to who knows its secret.
 *
 * @throws `database_unavailable`
 */
export async function verifyCredential(
  database: Database,
  credential: string,
  now: number,
): Promise<CredentialVerified> {
  const keyId = keyIdOf(credential);
  if (keyId === undefined) return refused('The API key is not valid.');
  const [row] = await database
    .select({
      key: apiKeys,
      organisation: tenants.organisation,
      maxInFlight: quotas.maxInFlight,
      suspendedAt: tenants.suspendedAt,
      organisationSuspendedAt: organisations.suspendedAt,
      userDisabledAt: users.disabledAt,
    })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenant))
    .innerJoin(organisations, eq(organisations.id, tenants.organisation))
    .leftJoin(users, eq(users.id, apiKeys.user))
    .leftJoin(quotas, and(eq(quotas.scope, 'project'), eq(quotas.subject, apiKeys.tenant)))
    .where(eq(apiKeys.id, keyId));
  const matches = isKeyOf(row?.key.hash ?? unknownHash, credential);
  if (row === undefined || !matches) return refused('The API key is not valid.');
  const { key, organisation, maxInFlight } = row;
  if (key.revokedAt !== null) return refused('The API key was revoked.');
  if (key.expiresAt !== null && key.expiresAt.getTime() <= now) return refused('The API key has expired.');
  if (row.userDisabledAt !== null) return denied('The user of the API key is disabled.');
  // Who looks after all of the platform can also end the suspension.
  if (key.reach !== 'platform' && (row.suspendedAt !== null || row.organisationSuspendedAt !== null))
    return denied('The project of the API key is suspended.');
  return {
    principal: {
      tenant: key.tenant,
      organisation,
      key_id: key.id,
      user_id: key.user,
      roles: key.roles,
      reach: key.reach,
      scopes: key.scopes,
      allowed_models: key.allowedModels,
      allowed_addresses: key.allowedAddresses,
      expires_at: key.expiresAt?.getTime() ?? null,
      max_in_flight: maxInFlight ?? unlimitedInFlight,
      issuer: null,
    },
    code: null,
    message: null,
  };
}

/** Someone who is known may not get in. */
function denied(message: string): CredentialVerified {
  return { principal: null, code: 'permission_denied', message };
}

function refused(message: string): CredentialVerified {
  return { principal: null, code: 'invalid_api_key', message };
}
