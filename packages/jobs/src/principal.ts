import { and, eq, type Column, type SQL } from '@millrace/store/sql';
import { idempotencyScope, type GatewayPrincipal } from '@millrace/relay';

interface OwnedTable {
  readonly tenant: Column;
  readonly keyId: Column;
}

/** What a principal may see of a table: all of its tenant, or, with the role `end-user`, what its own API key has made. */
export function visibleTo(principal: GatewayPrincipal, table: OwnedTable): SQL | undefined {
  const keyId = idempotencyScope(principal);
  return and(eq(table.tenant, principal.tenant), keyId === undefined ? undefined : eq(table.keyId, keyId));
}

/** What a row says of whose it is: @see principalOf. */
export function ownerOf(principal: GatewayPrincipal) {
  return {
    tenant: principal.tenant,
    keyId: principal.key_id,
    user: principal.user_id,
    organisation: principal.organisation,
    roles: [...principal.roles],
    allowedModels: principal.allowed_models == null ? null : [...principal.allowed_models],
  };
}

/** Whose a row is, as the platform asks for it. */
export function principalOf(row: {
  readonly tenant: string;
  readonly keyId: string;
  readonly user: string | null;
  readonly organisation: string;
  readonly roles: readonly string[];
  readonly allowedModels: readonly string[] | null;
}): GatewayPrincipal {
  const { tenant, keyId, user, organisation, roles, allowedModels } = row;
  return { tenant, key_id: keyId, user_id: user, organisation, roles, allowed_models: allowedModels };
}
