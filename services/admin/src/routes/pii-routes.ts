import {
  findPiiPolicy,
  listPiiReport,
  nameIdSchema,
  piiPolicyChangesSchema,
  piiPolicySchema,
  piiReportSchema,
  setPiiPolicy,
  type PiiPolicyChanges,
  type PiiReportFilter,
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
  readonly tenant: string;
}

const tag = 'personal data';
const daySchema = {
  type: 'string',
  pattern: '^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])$',
  examples: ['2026-11-28'],
} as const;
const facts = {
  path: '/tenants/{tenant}/pii-policy',
  tag,
  params: { tenant: nameIdSchema },
  answer: piiPolicySchema,
} as const;

/** Values that are allowed may be personal: the record says how many there are. */
function onRecord<Policy extends { readonly allow?: unknown }>({ allow, ...policy }: Policy) {
  return { ...policy, allow: Array.isArray(allow) ? allow.length : 0 };
}

export const piiRoutes: readonly AdminRoute[] = [
  route<Params>({
    ...facts,
    method: 'GET',
    action: 'pii-policy.read',
    operationId: 'getPiiPolicy',
    summary: 'What is done with personal data in the requests of a tenant and in their answers.',
    place: (plane, { params }) => placeOfTenant(plane, params.tenant),
    run: ({ plane, params }) => findPiiPolicy(plane, params.tenant),
  }),
  route<Params, object, PiiPolicyChanges>({
    ...facts,
    method: 'PATCH',
    action: 'pii-policy.set',
    operationId: 'setPiiPolicy',
    summary: 'Changes that; actions that are left out stay as they are, lists are replaced.',
    body: piiPolicyChangesSchema,
    isVersioned: true,
    isTold: true,
    place: (plane, { params }) => placeOfTenant(plane, params.tenant),
    before: async (reading, { tenant }) => onRecord(await findPiiPolicy(reading, tenant)),
    shown: (_call, answer) => onRecord(answer),
    change: ({ plane, params: { tenant }, body, version }, transaction) =>
      setPiiPolicy(plane, transaction, tenant, body, version),
  }),
  route<object, PlaceQuery & PiiReportFilter>({
    method: 'GET',
    path: '/pii/report',
    action: 'pii-report.read',
    operationId: 'listPiiReport',
    summary: 'How much personal data was found, by tenant, type and what was done with it: no values.',
    tag,
    query: {
      ...pageParameters,
      ...organisationParameter,
      ...tenantParameter,
      type: { type: 'string', pattern: '^[A-Z][A-Z0-9_]{0,47}$', description: 'Of this type alone.' },
      from: { ...daySchema, description: 'From this day on, in UTC.' },
      to: { ...daySchema, description: 'Up to the day before this one.' },
    },
    answer: piiReportSchema,
    isList: true,
    place: (plane, { query }, actor) => placeOfList(plane, query, actor),
    run: ({ plane, place, query }) =>
      listPiiReport(plane, place, { ...pageOf(query), type: query.type, from: query.from, to: query.to }),
  }),
];
