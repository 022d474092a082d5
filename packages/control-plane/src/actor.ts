import type { VerifiedPrincipal } from '@millrace/contracts';
import { reaches, roles, type Reach, type Role } from './permissions.ts';

/** Who acts, as `verify` has said. */
export type Actor = Omit<VerifiedPrincipal, 'max_in_flight'>;

/** Where something belongs; undefined: to more than one. What belongs to no organisation is the platform's. */
export interface Place {
  readonly organisation: string | undefined;
  readonly tenant: string | undefined;
}

/** What is the platform's own, such as prices. */
export const platformPlace: Place = { organisation: undefined, tenant: undefined };

/** How far an actor's roles reach; what is not known reaches least. */
export function reachOf({ reach }: Pick<Actor, 'reach'>): Reach {
  return reaches.find((known) => known === reach) ?? 'project';
}

/** Whether one reach is at least as wide as another. */
export function reachesTo(own: Reach, needed: Reach): boolean {
  return reaches.indexOf(own) >= reaches.indexOf(needed);
}

/** The roles that are known here. */
export function rolesOf(actor: Pick<Actor, 'roles'>): readonly Role[] {
  return roles.filter((role) => actor.roles.includes(role));
}
