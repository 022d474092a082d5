import {
  addTenant,
  findTenant,
  listTenants,
  nameIdSchema,
  newTenantSchema,
  tenantChangesSchema,
  tenantSchema,
  updateTenant,
  type NewTenant,
  type TenantChanges,
} from '@millrace/control-plane';
import { route, type AdminRoute } from '../admin-route.ts';
import {
  organisationParameter,
  pageOf,
  pageParameters,
  placeOfList,
  placeOfOrganisation,
  placeOfTenant,
  type PlaceQuery,
} from '../page-query.ts';

interface Params {
  readonly tenant: string;
}

const tag = 'tenants';
const params = { tenant: nameIdSchema };
const answer = tenantSchema;

export const tenantRoutes: readonly AdminRoute[] = [
  route<object, PlaceQuery>({
    method: 'GET',
    path: '/tenants',
    action: 'tenant.read',
    operationId: 'listTenants',
    summary: 'The tenants within reach.',
    tag,
    query: { ...pageParameters, ...organisationParameter },
    answer,
    isList: true,
    place: (plane, { query }, actor) => placeOfList(plane, query, actor),
    run: ({ plane, place, query }) => listTenants(plane, place, pageOf(query)),
  }),
  route<object, object, Pick<NewTenant, 'id' | 'name' | 'organisation'>>({
    method: 'POST',
    path: '/tenants',
    action: 'tenant.create',
    operationId: 'createTenant',
    summary: 'Creates a tenant, which is a project of an organisation, with the usual limits.',
    tag,
    body: newTenantSchema,
    answer,
    place: (plane, { body }, actor) => placeOfOrganisation(plane, body.organisation ?? actor.organisation),
    create: ({ body, actor }, transaction) =>
      addTenant(transaction, { ...body, organisation: body.organisation ?? actor.organisation }),
  }),
  route<Params>({
    method: 'GET',
    path: '/tenants/{tenant}',
    action: 'tenant.read',
    operationId: 'getTenant',
    summary: 'A tenant.',
    tag,
    params,
    answer,
    place: (plane, asked) => placeOfTenant(plane, asked.params.tenant),
    run: (call) => findTenant(call.plane, call.params.tenant),
  }),
  route<Params, object, TenantChanges>({
    method: 'PATCH',
    path: '/tenants/{tenant}',
    action: 'tenant.update',
    operationId: 'updateTenant',
    summary: 'Changes a tenant.',
    tag,
    params,
    body: tenantChangesSchema,
    answer,
    isVersioned: true,
    place: (plane, asked) => placeOfTenant(plane, asked.params.tenant),
    run: (call) => updateTenant(call.plane, call.params.tenant, call.body, call.version),
  }),
  ...(['suspend', 'resume'] as const).map((verb) =>
    route<Params>({
      method: 'POST',
      path: `/tenants/{tenant}/${verb}`,
      action: 'tenant.suspend',
      operationId: `${verb}Tenant`,
      summary:
        verb === 'suspend'
          ? 'Suspends a tenant: none of its requests is admitted.'
          : 'Ends the suspension of a tenant.',
      tag,
      params,
      answer,
      place: (plane, asked) => placeOfTenant(plane, asked.params.tenant),
      run: (call) =>
        updateTenant(call.plane, call.params.tenant, { suspended: verb === 'suspend' }, undefined),
    }),
  ),
];
