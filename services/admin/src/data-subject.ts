import { and, eq, inArray } from '@millrace/store/sql';
import {
  findTenant,
  notFound,
  placeOfUser,
  userIdSchema,
  type ControlDependencies,
  type Place,
} from '@millrace/control-plane';
import { memberships } from '@millrace/store';

/** Which user of a tenant; the whole tenant where none is named. */
export const subjectUser = {
  user: { ...userIdSchema, description: 'Of this user alone; by default of the whole tenant.' },
} as const;

/**
 * Where the data of a tenant, or of a user in it, is. A user who has a role in all of the organisation, or none in the tenant, is the
 * organisation's: a project does not shut out whoever stands above it.
 *
 * @throws `resource_not_found` also for a user of another organisation
 */
export async function placeOfSubject(
  plane: ControlDependencies,
  tenant: string,
  user: string | undefined,
): Promise<Place> {
  const { organisation } = await findTenant(plane, tenant);
  if (user === undefined) return { organisation, tenant };
  if ((await placeOfUser(plane, user)).organisation !== organisation) throw notFound('user', 'user');
  const rows = await plane.database
    .select({ tenant: memberships.tenant })
    .from(memberships)
    .where(and(eq(memberships.user, user), inArray(memberships.tenant, [tenant, '*'])));
  const isOfProject = rows.length > 0 && rows.every((row) => row.tenant === tenant);
  return { organisation, tenant: isOfProject ? tenant : undefined };
}
