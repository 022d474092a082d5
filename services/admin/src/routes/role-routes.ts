import {
  grantRole,
  listRoles,
  nameIdSchema,
  notFound,
  placeOfUser,
  requireRoles,
  roleGrantSchema,
  roleSchema,
  roles,
  userIdSchema,
  withdrawRole,
  type ControlDependencies,
  type Place,
  type RoleGrant,
} from '@millrace/control-plane';
import { route, type AdminRoute } from '../admin-route.ts';
import {
  organisationParameter,
  pageOf,
  pageParameters,
  placeOfList,
  placeOfTenant,
  tenantParameter,
  type PlaceQuery,
} from '../page-query.ts';

const tag = 'roles';
const answer = roleSchema;

/** Of the tenant, which has to be one of the user's organisation; without one, of the whole organisation. */
async function placeOfRole(plane: ControlDependencies, { user, tenant }: RoleGrant): Promise<Place> {
  const own = await placeOfUser(plane, user);
  if (tenant === undefined) return own;
  const place = await placeOfTenant(plane, tenant);
  if (place.organisation !== own.organisation) throw notFound('user', 'user');
  return place;
}

export const roleRoutes: readonly AdminRoute[] = [
  route<object, PlaceQuery & { readonly user?: string }>({
    method: 'GET',
    path: '/roles',
    action: 'role.read',
    operationId: 'listRoles',
    summary: 'The roles of users within reach.',
    tag,
    query: { ...pageParameters, ...organisationParameter, ...tenantParameter, user: userIdSchema },
    answer,
    isList: true,
    place: (plane, { query }, actor) => placeOfList(plane, query, actor),
    run: ({ plane, place, query }) => listRoles(plane, place, { ...pageOf(query), user: query.user }),
  }),
  route<object, object, RoleGrant>({
    method: 'POST',
    path: '/roles',
    action: 'role.grant',
    operationId: 'grantRole',
    summary: 'Gives a user a role, in a tenant or in all of its organisation. Nobody gives more than he has.',
    tag,
    body: roleGrantSchema,
    answer,
    isTold: true,
    place: (plane, { body }) => placeOfRole(plane, body),
    create: async ({ plane, actor, body }, transaction) => {
      requireRoles(actor, [body.role], 'role');
      return grantRole(plane, transaction, body);
    },
  }),
  route<object, RoleGrant>({
    method: 'DELETE',
    path: '/roles',
    action: 'role.withdraw',
    operationId: 'withdrawRole',
    summary: 'Takes a role from a user; the keys of the user no longer have it.',
    tag,
    query: {
      user: userIdSchema,
      role: { enum: roles },
      tenant: {
        ...nameIdSchema,
        description: 'The tenant that the role is in; left out for one in all of them.',
      },
    },
    answer,
    isTold: true,
    place: (plane, { query }) => placeOfRole(plane, query),
    run: async ({ plane, actor, query }) => {
      requireRoles(actor, [query.role], 'role');
      return withdrawRole(plane, query);
    },
  }),
];
