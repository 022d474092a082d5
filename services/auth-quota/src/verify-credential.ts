import { and, eq } from '@millrace/store/sql';
import type { CredentialVerified } from '@millrace/contracts';
import { effectiveRoles, isKeyOf, keyIdOf } from '@millrace/control-plane';
import { apiKeys, memberships, organisations, quotas, tenants, users, type Database } from '@millrace/store';

/** Requests in flight: where a project has no limit, a gateway still has one for each principal. */
export const unlimitedInFlight = 1_024;

const unknownHash = new Uint8Array(32);

/**
 * Who a credential belongs to. Why it is good for nothing is only told to who knows its secret. The roles of a user's key are those
 * that the user has as well.
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
  const { key, organisation, maxInFlight, userDisabledAt } = row;
  if (key.revokedAt !== null) return refused('The API key was revoked.');
  if (key.expiresAt !== null && key.expiresAt.getTime() <= now) return refused('The API key has expired.');
  if (userDisabledAt !== null) return denied('The user of the API key is disabled.');
  // Who looks after all of the platform can also end the suspension.
  if (key.reach !== 'platform' && (row.suspendedAt !== null || row.organisationSuspendedAt !== null))
    return denied('The project of the API key is suspended.');
  const held =
    key.user === null ? [] : await database.select().from(memberships).where(eq(memberships.user, key.user));
  const roles = effectiveRoles(key, held);
  if (key.user !== null && roles.length === 0)
    return refused('The user of the API key has none of its roles any more.');
  return {
    principal: {
      tenant: key.tenant,
      organisation,
      key_id: key.id,
      user_id: key.user,
      roles,
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
