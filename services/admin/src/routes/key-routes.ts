import {
  createdKeySchema,
  createKey,
  findKey,
  keyChangesSchema,
  keyIdSchema,
  keySchema,
  listKeys,
  newKeySchema,
  revokeKey,
  rotateKey,
  rotationSchema,
  updateKey,
  userIdSchema,
  type ControlDependencies,
  type KeyChanges,
  type NewKey,
  type Place,
  type Rotation,
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

interface Params {
  readonly key: string;
}

const tag = 'keys';
const params = { key: keyIdSchema };
const answer = keySchema;

async function placeOfKey(plane: ControlDependencies, id: string): Promise<Place> {
  return (await findKey(plane, id)).place;
}

export const keyRoutes: readonly AdminRoute[] = [
  route<object, PlaceQuery & { readonly user?: string }>({
    method: 'GET',
    path: '/keys',
    action: 'key.read',
    operationId: 'listKeys',
    summary: 'The API keys within reach, without their secrets.',
    tag,
    query: { ...pageParameters, ...organisationParameter, ...tenantParameter, user: userIdSchema },
    answer,
    isList: true,
    place: (plane, { query }, actor) => placeOfList(plane, query, actor),
    run: ({ plane, place, query }) => listKeys(plane, place, { ...pageOf(query), user: query.user }),
  }),
  route<object, object, NewKey>({
    method: 'POST',
    path: '/keys',
    action: 'key.create',
    operationId: 'createKey',
    summary: 'Creates an API key, which is shown this once. Nobody gives more than he has.',
    tag,
    body: newKeySchema,
    answer: createdKeySchema,
    place: (plane, { body }, actor) => placeOfTenant(plane, body.tenant ?? actor.tenant),
    create: ({ plane, actor, body }, transaction) => createKey({ ...plane, actor }, transaction, body),
  }),
  route<Params>({
    method: 'GET',
    path: '/keys/{key}',
    action: 'key.read',
    operationId: 'getKey',
    summary: 'An API key, without its secret.',
    tag,
    params,
    answer,
    place: (plane, asked) => placeOfKey(plane, asked.params.key),
    run: async (call) => (await findKey(call.plane, call.params.key)).key,
  }),
  route<Params, object, KeyChanges>({
    method: 'PATCH',
    path: '/keys/{key}',
    action: 'key.update',
    operationId: 'updateKey',
    summary: 'Changes what an API key is held to. Nobody gives, or takes for himself, more than he has.',
    tag,
    params,
    body: keyChangesSchema,
    answer,
    isVersioned: true,
    isTold: true,
    place: (plane, asked) => placeOfKey(plane, asked.params.key),
    run: ({ plane, actor, params: { key }, body, version }) =>
      updateKey({ ...plane, actor }, key, body, version),
  }),
  route<Params, object, Rotation>({
    method: 'POST',
    path: '/keys/{key}/rotate',
    action: 'key.rotate',
    operationId: 'rotateKey',
    summary: 'Makes a key that takes the place of one, which is good for a while beside it.',
    tag,
    params,
    body: rotationSchema,
    answer: createdKeySchema,
    isTold: true,
    place: (plane, asked) => placeOfKey(plane, asked.params.key),
    create: ({ plane, actor, params: { key }, body }, transaction) =>
      rotateKey({ ...plane, actor }, transaction, key, body),
  }),
  route<Params>({
    method: 'POST',
    path: '/keys/{key}/revoke',
    action: 'key.revoke',
    operationId: 'revokeKey',
    summary: 'Ends an API key for good, and the connections that use it.',
    tag,
    params,
    answer,
    isTold: true,
    place: (plane, asked) => placeOfKey(plane, asked.params.key),
    run: ({ plane, actor, params: { key } }) => revokeKey({ ...plane, actor }, key),
  }),
];
