import { errorBodySchema } from '@millrace/endpoints';
import { idempotencyKeySchema } from '@millrace/relay';
import { errorCodes, type ErrorCode } from '@millrace/runtime';
import type { AdminRoute, Schemas } from './admin-route.ts';
import { allRoutes } from './all-routes.ts';

const tags: Readonly<Record<string, string>> = {
  'identity providers': 'Issuers whose tokens organisations accept.',
  keys: 'API keys: what they may do, and for how long.',
  'dead letters': 'What could not be processed: looking at it, replaying it, discarding it.',
  'personal data': 'What is kept of tenants and users: policies, export, erasure, keys.',
  ledger: 'What was charged, entry by entry.',
  organisations: 'Who has tenants and pays for them.',
  prices: 'What models cost, from when on.',
  quotas: 'Limits, what was used of them, and what is held in reserve.',
  roles: 'What users may do, and where.',
  tenants: 'The projects of the organisations.',
  usage: 'What was used, added up.',
  users: 'People and programs who act in an organisation.',
};

/** The administration as an OpenAPI 3.1 document, made of the routes and the schemas that validate. */
export function adminDocument(routes: readonly AdminRoute[] = allRoutes): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Record<string, object> = { Error: errorBodySchema };
  for (const spec of routes) {
    const path = (paths[`/admin/v1${spec.path}`] ??= {});
    path[spec.method.toLowerCase()] = operationOf(spec);
    schemas[spec.answer.title] = spec.answer;
    if (spec.body !== undefined) schemas[titleOf(spec.body)] = spec.body;
    if (spec.isList === true) schemas[`${spec.answer.title}Page`] = pageSchema(spec.answer.title);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace administration',
      version: '1',
      summary:
        'Organisations, tenants, users, roles, API keys, quotas, prices, usage, the ledger, dead letters and personal data.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
      schemas,
    },
  };
}

function operationOf(spec: AdminRoute): object {
  const { operationId, summary, tag, body, action, isList, isVersioned, isOnce, create, answer } = spec;
  const parameters = [
    ...parametersOf('path', spec.params, Object.keys(spec.params ?? {})),
    ...parametersOf('query', spec.query, spec.method === 'DELETE' ? ['user', 'role'] : []),
    ...(create === undefined && isOnce !== true
      ? []
      : [
          {
            name: 'Idempotency-Key',
            in: 'header',
            ...(isOnce === true ? { required: true } : {}),
            schema: idempotencyKeySchema,
          },
        ]),
    ...(isVersioned === true
      ? [{ name: 'If-Match', in: 'header', required: true, schema: { type: 'string' }, example: '"3"' }]
      : []),
  ];
  return {
    tags: [tag],
    operationId,
    summary,
    ...(action === undefined ? {} : { 'x-millrace-action': action }),
    parameters,
    ...(body === undefined
      ? {}
      : { requestBody: { required: body['required'] !== undefined, content: json(titleOf(body)) } }),
    responses: {
      [statusOf(spec)]: {
        description: spec.answers === 'accepted' ? 'Begun; it goes on by itself.' : 'Done.',
        ...(Object.hasOwn(answer['properties'] ?? {}, 'version') && isList !== true
          ? { headers: { etag: { description: 'The version, for If-Match.', schema: { type: 'string' } } } }
          : {}),
        content:
          spec.answers === 'lines'
            ? { 'application/x-ndjson': { schema: { $ref: `#/components/schemas/${answer.title}` } } }
            : json(isList === true ? `${answer.title}Page` : answer.title),
      },
      ...errorsOf(spec),
    },
  };
}

/** What an operation answers when it is done. */
export function statusOf({ create, answers }: Pick<AdminRoute, 'create' | 'answers'>): number {
  if (answers === 'accepted') return 202;
  return create === undefined ? 200 : 201;
}

/** What an operation can be refused with. */
function errorsOf({ action, create, isVersioned, isOnce }: AdminRoute): Readonly<Record<string, object>> {
  const codes: readonly ErrorCode[] = [
    'invalid_value',
    'missing_value',
    'invalid_api_key',
    ...(action === undefined ? [] : (['permission_denied', 'resource_not_found'] as const)),
    ...(create === undefined
      ? []
      : (['already_exists', 'idempotency_key_in_use', 'idempotency_key_reused'] as const)),
    ...(isOnce === true ? (['idempotency_key_reused'] as const) : []),
    ...(isVersioned === true ? (['version_conflict', 'version_missing'] as const) : []),
    'internal_error',
    'unavailable',
  ];
  const byStatus = Map.groupBy(codes, (code) => errorCodes[code].httpStatus);
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => [
      String(status),
      {
        description: all.map((code) => `\`${code}\`: ${errorCodes[code].meaning}`).join('\n'),
        content: json('Error'),
      },
    ]),
  );
}

function parametersOf(place: 'path' | 'query', schemas: Schemas = {}, required: readonly string[]): object[] {
  return Object.entries(schemas).map(([name, schema]) => ({
    name,
    in: place,
    ...(required.includes(name) ? { required: true } : {}),
    schema,
  }));
}

function pageSchema(item: string): object {
  return {
    title: `${item}Page`,
    type: 'object',
    required: ['data', 'has_more', 'next_cursor'],
    additionalProperties: false,
    properties: {
      data: { type: 'array', items: { $ref: `#/components/schemas/${item}` } },
      has_more: { type: 'boolean' },
      next_cursor: { type: ['string', 'null'], description: 'The cursor of the next page; null at the end.' },
    },
  };
}

const json = (name: string) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } });

function titleOf(schema: Readonly<Record<string, unknown>>): string {
  return String(schema['title']);
}
