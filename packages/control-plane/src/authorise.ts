import { MillraceError } from '@millrace/runtime';
import { platformPlace, reachesTo, reachOf, rolesOf, type Actor, type Place } from './actor.ts';
import { permissions, type Action, type Permission, type Reach, type Scope } from './permissions.ts';

/** Why an actor may not do something wherever it is; undefined: it may, within its reach. */
function refusalOf(actor: Actor, action: Action): string | undefined {
  const { scope, roles }: Permission = permissions[action];
  const needed = rolesOf(actor).flatMap((role) => roles[role] ?? []);
  if (needed.length === 0) {
    const able = Object.keys(roles).join(', ');
    return `The API key has ${rolesText(actor)}, which may not do ${action}: ${able} may.`;
  }
  if (!needed.some((reach) => reachesTo(reachOf(actor), reach))) {
    return `The API key reaches its ${reachOf(actor)}: ${action} needs the reach ${narrowestOf(needed)}.`;
  }
  if (actor.scopes !== null && !actor.scopes.some((own) => own === scope)) {
    return `The API key is held to the scopes ${actor.scopes.join(', ')}: ${action} needs ${scope}.`;
  }
  return undefined;
}

function rolesText({ roles }: Actor): string {
  return roles.length === 0 ? 'no role' : `the role ${roles.join(', ')}`;
}

function narrowestOf(needed: readonly Reach[]): Reach {
  return needed.includes('organisation') ? 'organisation' : 'platform';
}

/** Whether an actor may do something somewhere within its reach. */
export function may(actor: Actor, action: Action): boolean {
  return refusalOf(actor, action) === undefined;
}

/**
 * The one check of roles, reach and scopes.
 *
 * @throws `permission_denied`, with what is missing
 */
export function requirePermission(actor: Actor, action: Action): void {
  const refusal = refusalOf(actor, action);
  if (refusal !== undefined) throw new MillraceError('permission_denied', refusal);
}

/** Whether a place lies within an actor's reach. */
export function isWithinReach(actor: Actor, { organisation, tenant }: Place): boolean {
  switch (reachOf(actor)) {
    case 'platform':
      return true;
    case 'organisation':
      return organisation === actor.organisation;
    case 'project':
      return organisation === actor.organisation && tenant === actor.tenant;
  }
}

/** All that an actor can see of lists. */
export function viewOf(actor: Actor): Place {
  switch (reachOf(actor)) {
    case 'platform':
      return platformPlace;
    case 'organisation':
      return { organisation: actor.organisation, tenant: undefined };
    case 'project':
      return { organisation: actor.organisation, tenant: actor.tenant };
  }
}

/** The scopes of which an actor can make use. */
export function scopesOf(actor: Actor): readonly Scope[] {
  const able = (Object.keys(permissions) as Action[]).filter((action) => may(actor, action));
  return [...new Set(able.map((action) => permissions[action].scope))];
}
