import { and, asc, eq, sql } from '@millrace/store/sql';
import { MillraceError } from '@millrace/runtime';
import { apiKeys, memberships, tenants, users, type Transaction } from '@millrace/store';
import type { Actor, Place } from './actor.ts';
import { noteChanges } from './control-changes.ts';
import type { ControlDependencies, Reading } from './control-dependencies.ts';
import { insertApiKey, type KeyRow } from './create-api-key.ts';
import { effectiveRoles } from './effective-roles.ts';
import { requireGrantable } from './grants.ts';
import { requireNetworks, type KeyChanges, type NewKey, type Rotation } from './key-schema.ts';
import { readMoment, showMoment } from './moments.ts';
import { pageOf, placeIn, wrongCursor, type Page, type PageRequest } from './page.ts';
import { limitsOf } from './quotas.ts';
import { notFound, requireUpdated } from './refusals.ts';
import { markRevoked } from './revoke-api-key.ts';

export interface ShownKey {
  readonly id: string;
  readonly tenant: string;
  readonly user: string | null;
  readonly name: string;
  readonly roles: readonly string[];
  readonly reach: string;
  readonly scopes: readonly string[] | null;
  readonly allowed_models: readonly string[] | null;
  readonly allowed_addresses: readonly string[] | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
  readonly replaced_by: string | null;
  readonly version: number;
}

/** With the key itself, which can never be read again. */
export interface CreatedKey extends ShownKey {
  readonly secret: string | null;
}

type Dependencies = Pick<ControlDependencies, 'database' | 'clock' | 'random'>;
type Changing = Dependencies & { readonly actor: Actor };

const defaultOverlapSeconds = 24 * 60 * 60;

/**
 * Creates a key, as part of a transaction. Nobody gives more than he has, and no user gets a key with roles that it does not have.
 *
 * @throws `permission_denied`, `invalid_value`, `resource_not_found`
 */
export async function createKey(
  { clock, random, actor }: Omit<Changing, 'database'>,
  transaction: Transaction,
  key: NewKey,
): Promise<CreatedKey> {
  requireNetworks(key.allowed_addresses);
  const { tenant = actor.tenant, roles = ['developer'], reach = 'project', user = null } = key;
  const grant = {
    roles,
    reach,
    scopes: key.scopes ?? null,
    allowedModels: key.allowed_models ?? null,
    allowedAddresses: key.allowed_addresses ?? null,
    expiresAt: futureOf(key.expires_at, clock.now()),
  };
  requireGrantable(actor, grant);
  if (user !== null) await requireRolesOfUser(transaction, { tenant, reach, roles, user });
  const createdAt = new Date(clock.now());
  const { row, secret } = await insertApiKey(transaction, random, {
    ...grant,
    tenant,
    user,
    name: key.name,
    createdAt,
  });
  return { ...show(row), secret };
}

/** A key and where it belongs. @throws `resource_not_found` */
export async function findKey(
  { database }: Reading,
  id: string,
): Promise<{ readonly key: ShownKey; readonly place: Place }> {
  const [row] = await database
    .select({ key: apiKeys, organisation: tenants.organisation })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenant))
    .where(eq(apiKeys.id, id));
  if (row === undefined) throw notFound('key', 'key');
  const { key, organisation } = row;
  return { key: show(key), place: { organisation, tenant: key.tenant } };
}

/** The keys within a view, in the order of their making. */
export async function listKeys(
  { database }: Pick<Dependencies, 'database'>,
  { organisation, tenant }: Place,
  page: PageRequest & { readonly user?: string | undefined },
): Promise<Page<ShownKey>> {
  const after = placeIn(page.cursor, 2);
  if (after !== undefined && Number.isNaN(Date.parse(after[0] ?? ''))) throw wrongCursor();
  const rows = await database
    .select({ key: apiKeys })
    .from(apiKeys)
    .innerJoin(tenants, eq(tenants.id, apiKeys.tenant))
    .where(
      and(
        organisation === undefined ? undefined : eq(tenants.organisation, organisation),
        tenant === undefined ? undefined : eq(apiKeys.tenant, tenant),
        page.user === undefined ? undefined : eq(apiKeys.user, page.user),
        after === undefined
          ? undefined
          : sql`(${apiKeys.createdAt}, ${apiKeys.id}) > (${new Date(after[0] ?? '').toISOString()}::timestamptz, ${after[1]})`,
      ),
    )
    .orderBy(asc(apiKeys.createdAt), asc(apiKeys.id))
    .limit(page.limit + 1);
  return pageOf(
    rows,
    page,
    ({ key }) => show(key),
    ({ key }) => [key.createdAt.toISOString(), key.id],
  );
}

/**
 * Changes what a key is held to. What it has before and after must be within what the actor has: nobody takes his own bounds away.
 *
 * @param version that the changes are based on; undefined: any
 * @throws `resource_not_found`, `version_conflict`, `permission_denied`, `invalid_value`, `conflicting_values` for one that was revoked
 */
export async function updateKey(
  { clock, actor }: Pick<Changing, 'clock' | 'actor'>,
  transaction: Transaction,
  id: string,
  changes: KeyChanges,
  version: number | undefined,
): Promise<ShownKey> {
  requireNetworks(changes.allowed_addresses);
  const before = await lockKey(transaction, id, version);
  requireGrantable(actor, before);
  requireAlive(before);
  const after = {
    name: changes.name ?? before.name,
    scopes: changed(changes.scopes, before.scopes),
    allowedModels: changed(changes.allowed_models, before.allowedModels),
    allowedAddresses: changed(changes.allowed_addresses, before.allowedAddresses),
    expiresAt:
      changes.expires_at === undefined ? before.expiresAt : futureOf(changes.expires_at, clock.now()),
  };
  requireGrantable(actor, { ...before, ...after });
  const [row] = await transaction
    .update(apiKeys)
    .set({ ...after, version: sql`${apiKeys.version} + 1` })
    .where(eq(apiKeys.id, id))
    .returning();
  await noteChanges(transaction, 'key', [id]);
  return show(requireUpdated(row, 'key', 'key', undefined));
}

/**
 * Puts a new key in the place of one, with the same roles, bounds and limits; the old one is good for the time of the overlap.
 *
 * @throws `resource_not_found`, `permission_denied`, `conflicting_values` for one that was revoked or replaced
 */
export async function rotateKey(
  { clock, random, actor }: Omit<Changing, 'database'>,
  transaction: Transaction,
  id: string,
  { overlap_seconds = defaultOverlapSeconds }: Rotation,
): Promise<CreatedKey> {
  const old = await lockKey(transaction, id, undefined);
  requireGrantable(actor, old);
  requireAlive(old);
  if (old.replacedBy !== null)
    throw new MillraceError(
      'conflicting_values',
      `The key was replaced by ${old.replacedBy}: rotate that one.`,
      {
        param: 'key',
      },
    );
  const now = clock.now();
  const created = { ...old, createdAt: new Date(now) };
  const limits = await limitsOf(transaction, { scope: 'key', subject: id });
  const { row, secret } = await insertApiKey(transaction, random, created, limits);
  const overlapEnds = new Date(now + overlap_seconds * 1_000);
  const expiresAt = old.expiresAt !== null && old.expiresAt < overlapEnds ? old.expiresAt : overlapEnds;
  await transaction
    .update(apiKeys)
    .set({ expiresAt, replacedBy: row.id, version: sql`${apiKeys.version} + 1` })
    .where(eq(apiKeys.id, id));
  await noteChanges(transaction, 'key', [id]);
  return { ...show(row), secret };
}

/** Ends a key for good. One that was revoked stays as it is. @throws `resource_not_found`, `permission_denied` */
export async function revokeKey(
  { clock, actor }: Pick<Changing, 'clock' | 'actor'>,
  transaction: Transaction,
  id: string,
): Promise<ShownKey> {
  const key = await lockKey(transaction, id, undefined);
  requireGrantable(actor, { ...key, scopes: actor.scopes, ...unbound(actor) });
  const revoked = await markRevoked(transaction, id, new Date(clock.now()));
  return show(requireUpdated(revoked, 'key', 'key', undefined));
}

/** To end a key one has to have its roles and its reach; what it is held to does not matter. */
function unbound(actor: Actor) {
  return {
    allowedModels: actor.allowed_models,
    allowedAddresses: actor.allowed_addresses,
    expiresAt: actor.expires_at === null ? null : new Date(actor.expires_at),
  };
}

/** @throws `resource_not_found`, `version_conflict` */
async function lockKey(transaction: Transaction, id: string, version: number | undefined): Promise<KeyRow> {
  const [row] = await transaction.select().from(apiKeys).where(eq(apiKeys.id, id)).for('update');
  const isExpected = version === undefined || row?.version === version;
  return requireUpdated(isExpected ? row : undefined, 'key', 'key', row?.version);
}

/** @throws `resource_not_found`, `permission_denied` */
async function requireRolesOfUser(
  transaction: Transaction,
  key: {
    readonly tenant: string;
    readonly reach: string;
    readonly roles: readonly string[];
    readonly user: string;
  },
): Promise<void> {
  const [user] = await transaction
    .select({ id: users.id })
    .from(users)
    .innerJoin(tenants, eq(tenants.organisation, users.organisation))
    .where(and(eq(users.id, key.user), eq(tenants.id, key.tenant)));
  if (user === undefined) throw notFound('user', 'user');
  const held = await transaction.select().from(memberships).where(eq(memberships.user, key.user));
  const effective = effectiveRoles(key, held);
  const missing = key.roles.find((role) => !effective.includes(role));
  if (missing === undefined) return;
  throw new MillraceError('permission_denied', `The user does not have the role ${missing} there.`, {
    param: 'roles',
  });
}

function requireAlive({ revokedAt }: KeyRow): void {
  if (revokedAt !== null)
    throw new MillraceError('conflicting_values', 'The key was revoked, for good.', { param: 'key' });
}

function changed(list: readonly string[] | null | undefined, before: string[] | null): string[] | null {
  if (list === undefined) return before;
  return list === null ? null : [...list];
}

/** @throws `invalid_value` for a moment that is over */
function futureOf(text: string | null | undefined, now: number): Date | null {
  if (text === null || text === undefined) return null;
  const moment = readMoment(text, 'expires_at');
  if (moment.getTime() > now) return moment;
  throw new MillraceError('invalid_value', `expires_at is ${text}: it must lie ahead`, {
    param: 'expires_at',
  });
}

function show(row: KeyRow): ShownKey {
  return {
    id: row.id,
    tenant: row.tenant,
    user: row.user,
    name: row.name,
    roles: row.roles,
    reach: row.reach,
    scopes: row.scopes,
    allowed_models: row.allowedModels,
    allowed_addresses: row.allowedAddresses,
    created_at: showMoment(row.createdAt),
    expires_at: showMoment(row.expiresAt),
    revoked_at: showMoment(row.revokedAt),
    last_used_at: showMoment(row.lastUsedAt),
    replaced_by: row.replacedBy,
    version: row.version,
  };
}
