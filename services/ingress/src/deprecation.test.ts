import { fastify, type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBodyReader } from '@millrace/endpoints';
import { compileValidator } from '@millrace/runtime';
import { mountDeprecated } from './deprecation.ts';
import { sendError, toClientError } from '@millrace/relay';

let app: FastifyInstance;

/** The same thing twice, the second time with another schema. */
const schemas = {
  v1: { type: 'object', additionalProperties: false, properties: { text: { type: 'string' } } },
  v2: {
    type: 'object',
    required: ['texts'],
    additionalProperties: false,
    properties: { texts: { type: 'array', items: { type: 'string' } } },
  },
} as const;

function mount(on: FastifyInstance, version: keyof typeof schemas): void {
  const readBody = createBodyReader(compileValidator<object>(schemas[version]));
  on.post(`/${version}/summarize`, async ({ body }) => ({ version, ...readBody(body) }));
}

beforeAll(async () => {
  app = fastify();
  app.setErrorHandler((cause, _request, reply) => sendError(reply, toClientError(cause, 1_024)));
  const deprecation = {
    since: new Date('2027-01-01T00:00:00Z'),
    sunset: new Date('2028-01-01T00:00:00Z'),
    successor: '/v2/summarize',
    documentation: '/docs',
  };
  await mountDeprecated(app, deprecation, (deprecated) => mount(deprecated, 'v1'));
  mount(app, 'v2');
});

afterAll(() => app.close());

const post = (version: string, payload: object) =>
  app.inject({ method: 'POST', url: `/${version}/summarize`, payload });

test('a second version stands beside the first, with a schema of its own', async () => {
  expect((await post('v1', { text: 'x' })).json()).toEqual({ version: 'v1', text: 'x' });
  expect((await post('v2', { texts: ['x'] })).json()).toEqual({ version: 'v2', texts: ['x'] });
  expect((await post('v1', { texts: ['x'] })).statusCode).toBe(400);
  expect((await post('v2', { text: 'x' })).statusCode).toBe(400);
});

test('every answer of the deprecated version says so, and none of the other', async () => {
  for (const payload of [{ text: 'x' }, { wrong: 'x' }]) {
    expect((await post('v1', payload)).headers).toMatchObject({
      deprecation: '@1798761600',
      sunset: 'Sat, 01 Jan 2028 00:00:00 GMT',
      link: '</v2/summarize>; rel="successor-version", </docs>; rel="deprecation"',
    });
  }
  const { headers } = await post('v2', { texts: ['x'] });
  expect(headers).not.toHaveProperty('deprecation');
  expect(headers).not.toHaveProperty('sunset');
});
