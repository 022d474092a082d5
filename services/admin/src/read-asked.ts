import type { FastifyRequest } from 'fastify';
import { createBodyReader } from '@millrace/endpoints';
import { idempotencyKeyOf, notJson } from '@millrace/relay';
import { compileValidator, MillraceError, type Validator } from '@millrace/runtime';
import type { AdminRoute, Asked, Schemas } from './admin-route.ts';

/** Makes the reader of requests of a route. It throws what is wrong with path, query, body or If-Match, each by its name. */
export function createAskedReader(
  spec: AdminRoute,
): (request: FastifyRequest) => Asked<unknown, unknown, unknown> {
  const params = reader(spec.params ?? {}, Object.keys(spec.params ?? {}));
  const query = reader(spec.query ?? {}, spec.method === 'DELETE' ? ['user', 'role'] : []);
  const body = spec.body === undefined ? noBody : bodyReader(spec.body);
  return (request) => ({
    params: params(request.params),
    query: query(withNumbers(request.query)),
    body: body(request.body),
    version: spec.isVersioned === true ? versionOf(request) : undefined,
    idempotencyKey: spec.isOnce === true ? requiredKeyOf(request) : '',
  });
}

function reader(properties: Schemas, required: readonly string[]): Validator<unknown> {
  return lazily(() =>
    compileValidator({ type: 'object', required, additionalProperties: false, properties }),
  );
}

function bodyReader(schema: Readonly<Record<string, unknown>>): Validator<unknown> {
  const read = lazily(() => createBodyReader(compileValidator<object>(schema)));
  const isOptional = schema['required'] === undefined && schema['minProperties'] === undefined;
  return (value) => {
    if (value === undefined && !isOptional) throw notJson();
    return read(value ?? {});
  };
}

/** Compiled when it is needed: there are many, and a process starts without them. */
function lazily(make: () => Validator<unknown>): Validator<unknown> {
  let made: Validator<unknown> | undefined;
  return (value) => (made ??= make())(value);
}

function noBody(value: unknown): object {
  if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0))
    return {};
  throw new MillraceError('invalid_value', 'This takes no body');
}

function withNumbers(value: unknown): object {
  const query = { ...(value as Readonly<Record<string, unknown>>) };
  if (typeof query['limit'] === 'string' && /^-?\d{1,9}$/.test(query['limit']))
    query['limit'] = Number(query['limit']);
  return query;
}

/** @throws `missing_value`, `invalid_value` */
function requiredKeyOf(request: FastifyRequest): string {
  const key = idempotencyKeyOf(request);
  if (key !== undefined) return key;
  throw new MillraceError(
    'missing_value',
    'Idempotency-Key is missing: what is repeated under the same one is done once',
    { param: 'Idempotency-Key' },
  );
}

/** @returns undefined for any. @throws `version_missing`, `invalid_value` */
function versionOf({ headers }: FastifyRequest): number | undefined {
  const text = headers['if-match'];
  if (text === undefined)
    throw new MillraceError(
      'version_missing',
      'If-Match is missing: it must be the ETag of what is changed, or * for any',
      { param: 'If-Match' },
    );
  if (text.trim() === '*') return undefined;
  const version = /^\s*"(\d{1,9})"\s*$/.exec(text)?.[1];
  if (version !== undefined) return Number(version);
  throw new MillraceError('invalid_value', 'If-Match must be one ETag, such as "3", or *', {
    param: 'If-Match',
  });
}
