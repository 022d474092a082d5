import {
  nameIdSchema,
  notFound,
  type ControlDependencies,
  type Place,
  type Reading,
} from '@millrace/control-plane';
import {
  addIdentityProvider,
  changeIdentityProvider,
  findIdentityProvider,
  identityProviderSchema,
  listIdentityProviders,
  readIdentityProvider,
  setIdentityProviderDisabled,
  type IdentityProvider,
  type IdentityProviderChanges,
  type StoredIdentityProvider,
} from '@millrace/identity';
import { route, type AdminRoute } from '../admin-route.ts';
import {
  organisationParameter,
  pageOfAll,
  pageParameters,
  placeOfList,
  placeOfOrganisation,
  type PlaceQuery,
} from '../page-query.ts';

interface Params {
  readonly provider: string;
}

const { issuer, audiences, jwks_uri, algorithms, claims } = identityProviderSchema.properties;
const changeable = { audiences, jwks_uri, algorithms, claims };
const momentOrNull = { type: ['string', 'null'], format: 'date-time' } as const;
const shown = {
  id: { type: 'string' },
  issuer,
  organisation: nameIdSchema,
  ...changeable,
  created_at: { type: 'string', format: 'date-time' },
  disabled_at: { ...momentOrNull, description: 'Null: its tokens are accepted.' },
  version: { type: 'integer' },
};

const tag = 'identity providers';
const params = {
  provider: { type: 'string', pattern: '^idp_[0-9a-f]{32}$', description: 'Id of an identity provider.' },
};
const answer = {
  title: 'IdentityProvider',
  type: 'object',
  required: Object.keys(shown),
  additionalProperties: false,
  properties: shown,
} as const;

function show({ createdAt, disabledAt, ...provider }: StoredIdentityProvider): object {
  return {
    ...provider,
    created_at: createdAt.toISOString(),
    disabled_at: disabledAt?.toISOString() ?? null,
  };
}

/** @throws `resource_not_found` */
async function find({ database }: Reading, id: string): Promise<StoredIdentityProvider> {
  const found = await findIdentityProvider(database, id);
  if (found === undefined) throw notFound('identity provider', 'provider');
  return found;
}

async function placeOf(plane: ControlDependencies, id: string): Promise<Place> {
  return { organisation: (await find(plane, id)).organisation, tenant: undefined };
}

export const identityProviderRoutes: readonly AdminRoute[] = [
  route<object, PlaceQuery>({
    method: 'GET',
    path: '/identity-providers',
    action: 'identity-provider.read',
    operationId: 'listIdentityProviders',
    summary: 'The issuers whose tokens organisations within reach accept.',
    tag,
    query: { ...pageParameters, ...organisationParameter },
    answer,
    isList: true,
    place: (plane, { query }, actor) => placeOfList(plane, query, actor),
    run: async ({ plane, place, query }) =>
      pageOfAll(await listIdentityProviders(plane.database, place.organisation), query, show, ({ id }) => id),
  }),
  route<object, object, Omit<IdentityProvider, 'organisation'> & { readonly organisation?: string }>({
    method: 'POST',
    path: '/identity-providers',
    action: 'identity-provider.create',
    operationId: 'createIdentityProvider',
    summary: 'Has an organisation accept the tokens of an issuer. An issuer belongs to one organisation.',
    tag,
    body: {
      title: 'NewIdentityProvider',
      type: 'object',
      required: ['issuer', 'audiences', 'jwks_uri', 'claims'],
      additionalProperties: false,
      properties: {
        issuer,
        organisation: { ...nameIdSchema, description: 'By default that of the API key.' },
        ...changeable,
      },
    },
    answer,
    place: (plane, { body }, actor) => placeOfOrganisation(plane, body.organisation ?? actor.organisation),
    create: async ({ plane, actor, body }, transaction) => {
      const wanted = { ...body, organisation: body.organisation ?? actor.organisation };
      const provider = readIdentityProvider(wanted, plane.allowsPrivateIssuers);
      return show(await addIdentityProvider(transaction, provider));
    },
  }),
  route<Params>({
    method: 'GET',
    path: '/identity-providers/{provider}',
    action: 'identity-provider.read',
    operationId: 'getIdentityProvider',
    summary: 'An identity provider.',
    tag,
    params,
    answer,
    place: (plane, asked) => placeOf(plane, asked.params.provider),
    run: async (call) => show(await find(call.plane, call.params.provider)),
  }),
  route<Params, object, IdentityProviderChanges>({
    method: 'PATCH',
    path: '/identity-providers/{provider}',
    action: 'identity-provider.update',
    operationId: 'updateIdentityProvider',
    summary: 'Changes an identity provider; what is left out stays as it is.',
    tag,
    params,
    body: {
      title: 'IdentityProviderChanges',
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: changeable,
    },
    answer,
    isVersioned: true,
    place: (plane, asked) => placeOf(plane, asked.params.provider),
    before: async (reading, { provider }) => show(await find(reading, provider)),
    change: async ({ plane, params: { provider }, body, version }, transaction) => {
      const present = await find({ database: transaction }, provider);
      const options = { version, allowsPrivate: plane.allowsPrivateIssuers };
      return show(await changeIdentityProvider(transaction, present, body, options));
    },
  }),
  ...(['disable', 'enable'] as const).map((verb) =>
    route<Params>({
      method: 'POST',
      path: `/identity-providers/{provider}/${verb}`,
      action: 'identity-provider.disable',
      operationId: `${verb}IdentityProvider`,
      summary:
        verb === 'disable'
          ? 'Has the tokens of an issuer refused, within a second also on open connections.'
          : 'Has the tokens of an issuer accepted again.',
      tag,
      params,
      answer,
      place: (plane, asked) => placeOf(plane, asked.params.provider),
      before: async (reading, { provider }) => show(await find(reading, provider)),
      change: async ({ plane, params: { provider } }, transaction) => {
        const { issuer: name } = await find({ database: transaction }, provider);
        const disabledAt = verb === 'disable' ? new Date(plane.clock.now()) : null;
        await setIdentityProviderDisabled(transaction, name, disabledAt);
        return show(await find({ database: transaction }, provider));
      },
    }),
  ),
];
