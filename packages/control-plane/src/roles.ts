import { and, asc, eq, sql } from '@millrace/store/sql';
import { apiKeys, memberships, users, type Transaction } from '@millrace/store';
import type { Place } from './actor.ts';
import { noteChanges } from './control-changes.ts';
import type { ControlDependencies } from './control-dependencies.ts';
import { allTenants } from './effective-roles.ts';
import { showMoment } from './moments.ts';
import { pageOf, placeIn, type Page, type PageRequest } from './page.ts';
import { roles, type Role } from './permissions.ts';
import { notFound } from './refusals.ts';
import { nameIdSchema, nullable, shownMomentSchema, shownSchema, userIdSchema } from './schemas.ts';

export const roleGrantSchema = {
  title: 'RoleGrant',
  type: 'object',
  required: ['user', 'role'],
  additionalProperties: false,
  properties: {
    user: userIdSchema,
    role: { enum: roles },
    tenant: { ...nameIdSchema, description: "By default all tenants of the user's organisation." },
  },
} as const;

export const roleSchema = shownSchema('Role', {
  user: userIdSchema,
  tenant: { ...nullable(nameIdSchema), description: 'Null: all tenants of the organisation.' },
  role: { enum: roles },
  created_at: shownMomentSchema,
});

export interface RoleGrant {
  readonly user: string;
  readonly role: Role;
  readonly tenant?: string;
}

export interface ShownRole {
  readonly user: string;
  readonly tenant: string | null;
  readonly role: string;
  readonly created_at: string;
}

type Dependencies = Pick<ControlDependencies, 'database' | 'clock'>;
type Row = typeof memberships.$inferSelect;

/** Gives a user a role, or leaves the one there is as it is. */
export async function grantRole(
  { clock }: Pick<Dependencies, 'clock'>,
  transaction: Transaction,
  { user, role, tenant = allTenants }: RoleGrant,
): Promise<ShownRole> {
  await transaction
    .insert(memberships)
    .values({ user, tenant, role, createdAt: new Date(clock.now()) })
    .onConflictDoNothing();
  await noteKeysOf(transaction, user);
  const [row] = await transaction.select().from(memberships).where(sameAs({ user, role, tenant }));
  if (row === undefined) throw notFound('role', 'role');
  return show(row);
}

/** Takes a role from a user; what its keys can do follows with the next `publishControlChanges`. @throws `resource_not_found` */
export async function withdrawRole(
  transaction: Transaction,
  { user, role, tenant = allTenants }: RoleGrant,
): Promise<ShownRole> {
  const [row] = await transaction.delete(memberships).where(sameAs({ user, role, tenant })).returning();
  if (row === undefined) throw notFound('role', 'role');
  await noteKeysOf(transaction, user);
  return show(row);
}

/** The roles within a view, by user. Who sees one tenant alone sees the roles in that one. */
export async function listRoles(
  { database }: Pick<Dependencies, 'database'>,
  { organisation, tenant }: Place,
  page: PageRequest & { readonly user?: string | undefined },
): Promise<Page<ShownRole>> {
  const after = placeIn(page.cursor, 3);
  const rows = await database
    .select({ membership: memberships })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.user))
    .where(
      and(
        organisation === undefined ? undefined : eq(users.organisation, organisation),
        tenant === undefined ? undefined : eq(memberships.tenant, tenant),
        page.user === undefined ? undefined : eq(memberships.user, page.user),
        after === undefined
          ? undefined
          : sql`(${memberships.user}, ${memberships.tenant}, ${memberships.role}) > (${after[0]}, ${after[1]}, ${after[2]})`,
      ),
    )
    .orderBy(asc(memberships.user), asc(memberships.tenant), asc(memberships.role))
    .limit(page.limit + 1);
  return pageOf(
    rows,
    page,
    (row) => show(row.membership),
    ({ membership }) => [membership.user, membership.tenant, membership.role],
  );
}

async function noteKeysOf(transaction: Transaction, user: string): Promise<void> {
  const keys = await transaction.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.user, user));
  await noteChanges(
    transaction,
    'key',
    keys.map(({ id }) => id),
  );
}

function sameAs({ user, role, tenant }: Required<RoleGrant>) {
  return and(eq(memberships.user, user), eq(memberships.tenant, tenant), eq(memberships.role, role));
}

function show({ user, tenant, role, createdAt }: Row): ShownRole {
  return { user, tenant: tenant === allTenants ? null : tenant, role, created_at: showMoment(createdAt) };
}
