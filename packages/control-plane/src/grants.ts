import { MillraceError } from '@millrace/runtime';
import { reachesTo, reachOf, rolesOf, type Actor } from './actor.ts';
import { isNetworkIn } from './addresses.ts';
import { reaches, type Role } from './permissions.ts';

/** What a key, or a role, gives to whoever has it. */
export interface Grant {
  readonly roles: readonly string[];
  readonly reach: string;
  readonly scopes: readonly string[] | null;
  readonly allowedModels: readonly string[] | null;
  readonly allowedAddresses: readonly string[] | null;
  readonly expiresAt: Date | null;
}

/** What each role can do that others can. */
const covered: Readonly<Record<Role, readonly string[]>> = {
  admin: ['admin', 'developer', 'analyst', 'end-user'],
  developer: ['developer', 'end-user'],
  analyst: ['analyst'],
  'end-user': ['end-user'],
};

/**
 * Nobody gives, or takes into his hands, more than he has.
 *
 * @throws `permission_denied`, which names the field
 */
export function requireGrantable(actor: Actor, grant: Grant): void {
  requireRoles(actor, grant.roles);
  const reach = reaches.find((known) => known === grant.reach) ?? 'platform';
  if (!reachesTo(reachOf(actor), reach))
    throw tooMuch('reach', `the reach ${reach}: it reaches its ${reachOf(actor)}`);
  requireWithin('scopes', actor.scopes, grant.scopes, (scope, own) => own.includes(scope));
  requireWithin('allowed_models', actor.allowed_models, grant.allowedModels, (model, own) =>
    own.includes(model),
  );
  requireWithin('allowed_addresses', actor.allowed_addresses, grant.allowedAddresses, isNetworkIn);
  const { expires_at } = actor;
  if (expires_at === null || (grant.expiresAt !== null && grant.expiresAt.getTime() <= expires_at)) return;
  throw tooMuch(
    'expires_at',
    `anything that outlives it: it expires at ${new Date(expires_at).toISOString()}`,
  );
}

/** @throws `permission_denied` */
export function requireRoles(actor: Actor, granted: readonly string[], param = 'roles'): void {
  const able = new Set(rolesOf(actor).flatMap((role) => covered[role]));
  const beyond = granted.find((role) => !able.has(role));
  if (beyond !== undefined) throw tooMuch(param, `the role ${beyond}: it may give ${[...able].join(', ')}`);
}

/** Null has no bounds. */
function requireWithin(
  param: string,
  own: readonly string[] | null,
  granted: readonly string[] | null,
  isWithin: (each: string, own: readonly string[]) => boolean,
): void {
  if (own === null) return;
  if (granted !== null && granted.every((each) => isWithin(each, own))) return;
  throw tooMuch(param, `${param} beyond its own: ${own.join(', ') || 'none'}`);
}

function tooMuch(param: string, what: string): MillraceError {
  return new MillraceError('permission_denied', `The API key may not give ${what}.`, { param });
}
