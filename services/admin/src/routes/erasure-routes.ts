import { nameIdSchema } from '@millrace/control-plane';
import { beginErasure, listErasures, reportOf, type ErasureRow } from '@millrace/personal-data';
import { afterCommit } from '@millrace/store';
import { route, Unchanged, type AdminRoute } from '../admin-route.ts';
import { placeOfSubject, subjectUser } from '../data-subject.ts';
import { pageOfAll, pageParameters, placeOfTenant, type PageQuery } from '../page-query.ts';

interface Params {
  readonly tenant: string;
}

const momentOrNull = { type: ['string', 'null'], format: 'date-time' } as const;

const erasureSchema = {
  title: 'Erasure',
  type: 'object',
  required: ['id', 'tenant', 'user', 'requested_at', 'completed_at', 'steps', 'removed', 'remains'],
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    tenant: { type: 'string' },
    user: { type: ['string', 'null'], description: 'Null: the whole tenant.' },
    requested_at: { type: 'string', format: 'date-time' },
    completed_at: { ...momentOrNull, description: 'Null while it is under way.' },
    steps: { type: 'array', items: { type: 'string' }, description: 'What is done, in its order.' },
    removed: {
      type: 'object',
      additionalProperties: { type: 'integer' },
      description: 'How much, by store.',
    },
    remains: {
      type: 'array',
      description: 'What is still there, why, and until when; empty while it is under way.',
      items: {
        type: 'object',
        required: ['store', 'why', 'until'],
        additionalProperties: false,
        properties: {
          store: { type: 'string' },
          why: { type: 'string' },
          until: { ...momentOrNull, description: 'Null: not by itself.' },
        },
      },
    },
  },
} as const;

const show = (row: ErasureRow): object => ({
  id: row.id,
  tenant: row.tenant,
  user: row.user,
  requested_at: row.requestedAt.toISOString(),
  completed_at: row.completedAt?.toISOString() ?? null,
  steps: row.steps,
  removed: row.removed,
  remains:
    row.completedAt === null
      ? []
      : reportOf(row, row.completedAt).remains.map(({ store, why, until }) => ({
          store,
          why,
          until: until === undefined ? null : new Date(until).toISOString(),
        })),
});

const facts = {
  path: '/tenants/{tenant}/erasures',
  tag: 'personal data',
  params: { tenant: nameIdSchema },
  answer: erasureSchema,
} as const;

export const erasureRoutes: readonly AdminRoute[] = [
  route<Params, PageQuery>({
    ...facts,
    method: 'GET',
    action: 'erasure.read',
    operationId: 'listErasures',
    summary: 'The erasures of a tenant and its users, the last first.',
    query: pageParameters,
    isList: true,
    place: (plane, { params }) => placeOfTenant(plane, params.tenant),
    run: async ({ plane, params, query }) =>
      pageOfAll(await listErasures(plane.database, params.tenant), query, show, ({ id }) => id),
  }),
  route<Params, object, { readonly user?: string }>({
    ...facts,
    method: 'POST',
    action: 'personal-data.erase',
    operationId: 'erasePersonalData',
    summary:
      'Erases a user of a tenant, or the tenant itself, for good. One that is under way is not begun again.',
    body: { title: 'NewErasure', type: 'object', additionalProperties: false, properties: subjectUser },
    answers: 'accepted',
    place: (plane, { params, body }) => placeOfSubject(plane, params.tenant, body.user),
    change: async ({ plane, params: { tenant }, body: { user = null } }, transaction) => {
      const { row, isNew } = await beginErasure(plane, transaction, { tenant, user });
      afterCommit(transaction, () => plane.erasures.start({ tenant, user }));
      return isNew ? show(row) : new Unchanged(show(row));
    },
  }),
];
