import type { Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedId, textOf } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { postJson } from '../support/post-json.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const schema = {
  type: 'object',
  properties: {
    capital: { type: 'string', minLength: 1, maxLength: 20 },
    inhabitants: { type: 'integer', minimum: 0, maximum: 99_999_999 },
    continent: { enum: ['Africa', 'America', 'Asia', 'Europe', 'Oceania'] },
  },
  required: ['capital', 'inhabitants', 'continent'],
  additionalProperties: false,
} as const;
const formatOf = (wanted: object) => ({
  type: 'json_schema',
  json_schema: { name: 'country', schema: wanted },
});
const question = { prompt: 'Describe France as JSON.', max_tokens: 120 };
const isValid = new Ajv2020().compile(schema);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster();
});

afterAll(() => cluster.stop());

async function post(
  body: object,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await postJson(cluster, '/v1/generate', body);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('an answer with a form', () => {
  it('fits its schema over WebSocket, charged and recorded like any other', async ({ signal }) => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({
      type: 'generate',
      id: 'one',
      ...question,
      temperature: 1,
      seed: 4,
      response_format: formatOf(schema),
    });
    expect(await client.ended('one')).toMatchObject({ type: 'completed', finish_reason: 'stop' });
    const text = textOf(client, 'one');
    expect({ text, valid: isValid(JSON.parse(text)) }).toEqual({ text, valid: true });
    await expectAnsweredOnce(cluster, { requestId: await acceptedId(client, 'one'), text }, signal);
    await client.close();
  });

  it('fits it also where a value of the schema is personal data, which the model never sees', async () => {
    const contact = {
      type: 'object',
      properties: { email: { const: 'ada@example.com' } },
      required: ['email'],
    };
    const { body } = await post({ ...question, response_format: formatOf(contact) });
    expect(body['text']).toBe('{"email": "ada@example.com"}');
  });

  it('fits it over HTTP, each of several choices', async () => {
    const { status, body } = await post({ ...question, n: 2, seed: 3, response_format: formatOf(schema) });
    expect(status).toBe(200);
    const choices = body['choices'] as readonly { readonly text: string; readonly finish_reason: string }[];
    expect(choices).toHaveLength(2);
    for (const { text, finish_reason: reason } of choices) {
      expect(reason).toBe('stop');
      expect({ text, valid: isValid(JSON.parse(text)) }).toEqual({ text, valid: true });
    }
  });

  it('is any object where json_object is asked for, and says when it was cut off', async () => {
    const whole = await post({ ...question, temperature: 0, response_format: { type: 'json_object' } });
    expect(whole.body['text']).toMatch(/^\{/u);
    const cut = await post({ ...question, max_tokens: 5, response_format: formatOf(schema) });
    expect(cut.body['finish_reason']).toBe('length');
  });

  it('is refused with the field and the place of what is not enforced', async () => {
    const bad = formatOf({
      type: 'object',
      properties: { name: { type: 'string' }, tags: { type: 'array', uniqueItems: true } },
    });
    const param = 'response_format.json_schema.schema';
    const message = expect.stringContaining(`${param}.properties[1].uniqueItems: `) as string;
    const { status, body } = await post({ ...question, response_format: bad });
    expect(status).toBe(400);
    expect(body['error']).toMatchObject({ code: 'unsupported_value', param, message });

    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({ type: 'generate', id: 'bad', ...question, response_format: bad });
    expect(await client.ended('bad')).toMatchObject({
      type: 'error',
      code: 'unsupported_value',
      param,
      message,
      seq: 0,
    });
    const tools = [{ type: 'function', function: { name: 'weather' } }];
    client.send({ type: 'generate', id: 'tools', ...question, tools });
    expect(await client.ended('tools')).toMatchObject({
      code: 'unsupported_value',
      param: 'tools',
      message: expect.stringContaining('smollm2-135m-instruct') as string,
    });
    await client.close();
  });
});
