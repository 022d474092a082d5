import {
  createOrganisation,
  findOrganisation,
  listOrganisations,
  nameIdSchema,
  newOrganisationSchema,
  organisationChangesSchema,
  organisationSchema,
  updateOrganisation,
  viewOf,
  type NewOrganisation,
  type OrganisationChanges,
} from '@millrace/control-plane';
import { route, type AdminRoute } from '../admin-route.ts';
import { pageOf, pageParameters, placeOfOrganisation, type PageQuery } from '../page-query.ts';

interface Params {
  readonly organisation: string;
}

const tag = 'organisations';
const params = { organisation: nameIdSchema };
const answer = organisationSchema;

export const organisationRoutes: readonly AdminRoute[] = [
  route<object, PageQuery>({
    method: 'GET',
    path: '/organisations',
    action: 'organisation.read',
    operationId: 'listOrganisations',
    summary: 'The organisations within reach.',
    tag,
    query: pageParameters,
    answer,
    isList: true,
    place: async (_plane, _asked, actor) => viewOf(actor),
    run: ({ plane, place, query }) => listOrganisations(plane, place, pageOf(query)),
  }),
  route<object, object, NewOrganisation>({
    method: 'POST',
    path: '/organisations',
    action: 'organisation.create',
    operationId: 'createOrganisation',
    summary: 'Creates an organisation, without limits.',
    tag,
    body: newOrganisationSchema,
    answer,
    place: async () => undefined,
    create: ({ plane, body }, transaction) => createOrganisation(plane, transaction, body),
  }),
  route<Params>({
    method: 'GET',
    path: '/organisations/{organisation}',
    action: 'organisation.read',
    operationId: 'getOrganisation',
    summary: 'An organisation.',
    tag,
    params,
    answer,
    place: (plane, asked) => placeOfOrganisation(plane, asked.params.organisation),
    run: (call) => findOrganisation(call.plane, call.params.organisation),
  }),
  route<Params, object, OrganisationChanges>({
    method: 'PATCH',
    path: '/organisations/{organisation}',
    action: 'organisation.update',
    operationId: 'updateOrganisation',
    summary: 'Changes an organisation.',
    tag,
    params,
    body: organisationChangesSchema,
    answer,
    isVersioned: true,
    place: (plane, asked) => placeOfOrganisation(plane, asked.params.organisation),
    run: (call) => updateOrganisation(call.plane, call.params.organisation, call.body, call.version),
  }),
  ...(['suspend', 'resume'] as const).map((verb) =>
    route<Params>({
      method: 'POST',
      path: `/organisations/{organisation}/${verb}`,
      action: 'organisation.suspend',
      operationId: `${verb}Organisation`,
      summary:
        verb === 'suspend'
          ? 'Suspends an organisation: none of its requests is admitted.'
          : 'Ends the suspension of an organisation.',
      tag,
      params,
      answer,
      place: (plane, asked) => placeOfOrganisation(plane, asked.params.organisation),
      run: (call) =>
        updateOrganisation(
          call.plane,
          call.params.organisation,
          { suspended: verb === 'suspend' },
          undefined,
        ),
    }),
  ),
];
