import {
  modelSchema,
  nameIdSchema,
  notFound,
  pageOf as pageOfRows,
  placeIn,
  wrongCursor,
} from '@millrace/control-plane';
import { findConsentedRequest, listConsentedRequests, type ConsentedRequest } from '@millrace/personal-data';
import { route, type AdminRoute } from '../admin-route.ts';
import { pageOf, pageParameters, placeOfTenant, type PageQuery } from '../page-query.ts';

interface Params {
  readonly tenant: string;
}

const tag = 'personal data';
const text = { type: 'string' } as const;
const moment = { type: 'string', format: 'date-time' } as const;
const tenant = { tenant: nameIdSchema };

const shown = {
  request_id: text,
  model: { ...text, description: 'That it was asked of.' },
  created_at: moment,
  expires_at: { ...moment, description: 'Until then it may be used.' },
};

const answerOf = (
  title: string,
  properties: Readonly<Record<string, object>>,
  required: readonly string[],
) => ({
  title,
  type: 'object',
  required: [...required],
  additionalProperties: false,
  properties,
});

function show({ requestId, model, createdAt, expiresAt }: ConsentedRequest) {
  return {
    request_id: requestId,
    model,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  };
}

/** Requests that are kept by consent, one by one: whether there still is one is known as of the moment that it is asked for. */
export const consentedRequestRoutes: readonly AdminRoute[] = [
  route<Params, PageQuery & { readonly model?: string }>({
    method: 'GET',
    path: '/tenants/{tenant}/consented-requests',
    action: 'training-example.export',
    operationId: 'listConsentedRequests',
    summary: 'The requests of a tenant that are kept by consent, the oldest first, without what they say.',
    tag,
    params: tenant,
    query: { ...pageParameters, model: modelSchema },
    answer: answerOf('ConsentedRequest', shown, Object.keys(shown)),
    isList: true,
    place: (plane, asked) => placeOfTenant(plane, asked.params.tenant),
    run: async ({ plane, params, query }) => {
      const page = pageOf(query);
      const [createdAt, requestId] = placeIn(page.cursor, 2) ?? [];
      const after =
        createdAt === undefined || requestId === undefined
          ? undefined
          : { createdAt: new Date(createdAt), requestId };
      if (
        after !== undefined &&
        (Number.isNaN(after.createdAt.getTime()) || !/^[\da-f-]{36}$/.test(after.requestId))
      )
        throw wrongCursor();
      const filter = { tenant: params.tenant, model: query.model };
      const rows = await listConsentedRequests(plane, filter, { after, limit: page.limit + 1 });
      return pageOfRows(rows, page, show, (row) => [row.createdAt.toISOString(), row.requestId]);
    },
  }),
  route<Params & { readonly request: string }>({
    method: 'GET',
    path: '/tenants/{tenant}/consented-requests/{request}',
    action: 'training-example.export',
    operationId: 'getConsentedRequest',
    summary:
      'What a request that is kept by consent said and was answered; 404 where there is no consent any more.',
    tag,
    params: { ...tenant, request: { type: 'string', format: 'uuid', description: 'Id of a request.' } },
    answer: answerOf(
      'OpenedConsentedRequest',
      {
        ...shown,
        messages: { type: 'array', items: { type: 'object' }, description: 'The last one is the answer.' },
        tools: { type: 'array', items: { type: 'object' } },
      },
      [...Object.keys(shown), 'messages'],
    ),
    place: (plane, asked) => placeOfTenant(plane, asked.params.tenant),
    run: async ({ plane, params }) => {
      const found = await findConsentedRequest(plane, params.tenant, params.request);
      if (found === undefined) throw notFound('consented request', 'request');
      const { messages, tools } = found;
      return { ...show(found), messages, ...(tools === undefined ? {} : { tools }) };
    },
  }),
];
