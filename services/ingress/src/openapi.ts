import { errorBodySchema } from '@millrace/endpoints';
import { apiParts } from './api-parts.ts';
import type { ApiPart } from './api-part.ts';

/** The HTTP API as an OpenAPI 3.1 document, made of the schemas that validate. */
export function openApiDocument(parts: readonly ApiPart[] = apiParts): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace HTTP API',
      version: '1',
      summary:
        'Generates text, whole or as server-sent events; summarizes, classifies, translates and embeds texts.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    tags: [...new Map(parts.map(({ tag }) => [tag.name, tag])).values()],
    paths: Object.fromEntries(parts.flatMap(taggedPaths)),
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
      headers: {
        RequestId: {
          description: 'The request: its UUID, once it is accepted; before that one for this exchange alone.',
          schema: { type: 'string' },
        },
        Cache: {
          description:
            'Where the answer came from: exact or semantic;similarity=0.97 from the cache, miss where it may have come from there and was generated. Absent where the cache had nothing to do with it.',
          schema: { type: 'string' },
        },
        Cost: {
          description:
            'What is charged for the answer, as it stands in the ledger: a decimal amount and the currency, such as 0.0000120000 USD. Absent where the model has no price, and where the answer is streamed.',
          schema: { type: 'string' },
        },
        RetryAfter: {
          description: 'Seconds after which to try again.',
          schema: { type: 'integer', minimum: 0 },
        },
        RetryAfterMs: {
          description: 'Milliseconds after which to try again.',
          schema: { type: 'integer', minimum: 0 },
        },
        ShouldRetry: {
          description: 'Whether to try again, where the status alone would suggest otherwise.',
          schema: { enum: ['true', 'false'] },
        },
      },
      schemas: Object.assign({ Error: errorBodySchema }, ...parts.map(({ schemas }) => schemas)) as object,
    },
  };
}

function taggedPaths({ tag, paths }: ApiPart): readonly (readonly [string, object])[] {
  return Object.entries(paths).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => [method, { tags: [tag.name], ...operation }]),
    ),
  ]);
}
