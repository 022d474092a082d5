import {
  createUser,
  findUser,
  listUsers,
  newUserSchema,
  placeOfUser,
  updateUser,
  userChangesSchema,
  userIdSchema,
  userSchema,
  type NewUser,
  type UserChanges,
} from '@millrace/control-plane';
import { route, type AdminRoute } from '../admin-route.ts';
import {
  organisationParameter,
  pageOf,
  pageParameters,
  placeOfList,
  placeOfOrganisation,
  type PlaceQuery,
} from '../page-query.ts';

interface Params {
  readonly user: string;
}

const tag = 'users';
const params = { user: userIdSchema };
const answer = userSchema;

export const userRoutes: readonly AdminRoute[] = [
  route<object, PlaceQuery>({
    method: 'GET',
    path: '/users',
    action: 'user.read',
    operationId: 'listUsers',
    summary: 'The users within reach.',
    tag,
    query: { ...pageParameters, ...organisationParameter },
    answer,
    isList: true,
    place: (plane, { query }, actor) => placeOfList(plane, query, actor),
    run: ({ plane, place, query }) => listUsers(plane, place, pageOf(query)),
  }),
  route<object, object, NewUser & { readonly organisation?: string }>({
    method: 'POST',
    path: '/users',
    action: 'user.create',
    operationId: 'createUser',
    summary: 'Creates a user, who has no role yet. Name and address are sealed.',
    tag,
    body: newUserSchema,
    answer,
    place: (plane, { body }, actor) => placeOfOrganisation(plane, body.organisation ?? actor.organisation),
    create: ({ plane, body, actor }, transaction) =>
      createUser(plane, transaction, body.organisation ?? actor.organisation, body),
  }),
  route<Params>({
    method: 'GET',
    path: '/users/{user}',
    action: 'user.read',
    operationId: 'getUser',
    summary: 'A user.',
    tag,
    params,
    answer,
    place: (plane, asked) => placeOfUser(plane, asked.params.user),
    run: (call) => findUser(call.plane, call.params.user),
  }),
  route<Params, object, UserChanges>({
    method: 'PATCH',
    path: '/users/{user}',
    action: 'user.update',
    operationId: 'updateUser',
    summary: 'Changes a user. The keys of one who is disabled are good for nothing.',
    tag,
    params,
    body: userChangesSchema,
    answer,
    isVersioned: true,
    isTold: true,
    place: (plane, asked) => placeOfUser(plane, asked.params.user),
    run: (call) => updateUser(call.plane, call.params.user, call.body, call.version),
  }),
];
