import type { VerifiedPrincipal } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';

/** Who asks, as `verify` has said. */
export type GatewayPrincipal = Pick<
  VerifiedPrincipal,
  'tenant' | 'organisation' | 'key_id' | 'user_id' | 'roles'
> &
  /** Absent where it is left to admission. */
  Partial<Pick<VerifiedPrincipal, 'allowed_models'>>;

/** A principal with this role sees only what its own key has asked for. */
const endUserRole = 'end-user';

/** Whether the principal may follow or cancel the request. @param request what says who has asked */
export function mayAccess(
  principal: GatewayPrincipal,
  tenant: string,
  request: { readonly principal: { readonly key_id: string } },
): boolean {
  if (principal.tenant !== tenant) return false;
  return !principal.roles.includes(endUserRole) || principal.key_id === request.principal.key_id;
}

/**
 * Within which idempotency keys of a principal are looked up: those of the whole tenant, or, for one that sees only its own
 * requests, those of its API key.
 */
export function idempotencyScope({ roles, key_id }: GatewayPrincipal): string | undefined {
  return roles.includes(endUserRole) ? key_id : undefined;
}

/** The same answer for a request that never was, is gone, or belongs to someone else. */
export function requestNotFound(param: string | undefined = 'request_id'): MillraceError {
  return new MillraceError(
    'request_not_found',
    'There is no such request. Results are kept for 15 minutes, receipts for 90 days.',
    { param },
  );
}
