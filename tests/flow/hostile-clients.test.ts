import { createApiKey, createTenant } from '@millrace/control-plane';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDeadLetters } from '../support/dead-letters.ts';
import { startInstantCluster } from '../support/instant-engine.ts';
import { withAnswerCache } from '../support/test-cluster.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly id?: string; readonly request_id?: string; readonly data?: readonly object[] };
}

let cluster: Cluster;
/** Someone of another tenant, and someone of the same who sees only what is his own. */
let stranger: string;
let endUser: string;

beforeAll(async () => {
  cluster = await startInstantCluster({ env: withAnswerCache });
  await createTenant(cluster.database, { id: 'stranger' });
  stranger = (await createApiKey(cluster.database, { tenant: 'stranger' })).key;
  endUser = (await createApiKey(cluster.database, { tenant: defaultTenant, roles: ['end-user'] })).key;
});

afterAll(() => cluster.stop());

async function call(
  method: string,
  path: string,
  {
    body,
    key = cluster.apiKey,
    headers = {},
  }: {
    readonly body?: object | string;
    readonly key?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Answer> {
  const isForm = body instanceof FormData;
  const response = await fetch(`${cluster.ingressUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : {}) as Answer['body'],
  };
}

const line = JSON.stringify({
  custom_id: 'a',
  method: 'POST',
  url: '/v1/generate',
  body: { prompt: 'Hi', max_tokens: 2 },
});

async function upload(headers: Readonly<Record<string, string>> = {}, key = cluster.apiKey): Promise<Answer> {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([line]), 'input.jsonl');
  return call('POST', '/v1/files', { body: form, headers, key });
}

const batchOf = (file: string): object => ({
  input_file_id: file,
  endpoint: '/v1/generate',
  completion_window: '24h',
});
const job = { endpoint: '/v1/generate', body: { prompt: 'Hi', max_tokens: 2 } };
const response = { model: 'instant', input: 'Hi', max_output_tokens: 2 };

describe('what is of one tenant', () => {
  let mine: { request: string; job: string; response: string; file: string; batch: string };

  beforeAll(async () => {
    const file = (await upload()).body.id ?? '';
    mine = {
      request:
        (await call('POST', '/v1/generate', { body: { prompt: 'Hi', max_tokens: 2 } })).body.request_id ?? '',
      job: (await call('POST', '/v1/jobs', { body: job })).body.id ?? '',
      response: (await call('POST', '/v1/responses', { body: response })).body.id ?? '',
      file,
      batch: (await call('POST', '/v1/batches', { body: batchOf(file) })).body.id ?? '',
    };
    if (Object.values(mine).includes('')) throw new Error('something could not be made');
  });

  const unknown = {
    request: '00000000-0000-7000-8000-000000000000',
    job: `job_${'0'.repeat(32)}`,
    response: `resp_${'0'.repeat(32)}`,
    file: `file-${'0'.repeat(32)}`,
    batch: `batch_${'0'.repeat(32)}`,
  };
  const attempts = (ids: typeof unknown): readonly (readonly [string, string, object?])[] => [
    ['GET', `/v1/requests/${ids.request}/stream`],
    ['POST', '/v1/requests/cancel', { request_id: ids.request }],
    ['GET', `/v1/jobs/${ids.job}`],
    ['GET', `/v1/jobs/${ids.job}?wait=60s`],
    ['POST', `/v1/jobs/${ids.job}/cancel`],
    ['DELETE', `/v1/jobs/${ids.job}`],
    ['GET', `/v1/responses/${ids.response}`],
    ['GET', `/v1/responses/${ids.response}?stream=true`],
    ['GET', `/v1/responses/${ids.response}/input_items`],
    ['POST', `/v1/responses/${ids.response}/cancel`],
    ['DELETE', `/v1/responses/${ids.response}`],
    ['POST', '/v1/responses', { ...response, previous_response_id: ids.response }],
    ['GET', `/v1/files/${ids.file}`],
    ['GET', `/v1/files/${ids.file}/content`],
    ['DELETE', `/v1/files/${ids.file}`],
    ['POST', '/v1/batches', batchOf(ids.file)],
    ['GET', `/v1/batches/${ids.batch}`],
    ['POST', `/v1/batches/${ids.batch}/cancel`],
  ];

  it('is for others as if it were not there', async () => {
    const asked = attempts(mine);
    for (const [index, [method, path, body]] of attempts(unknown).entries()) {
      const options = body === undefined ? {} : { body };
      for (const key of [stranger, endUser]) {
        const never = await call(method, path, { ...options, key });
        const [, real = '', realBody] = asked[index] ?? [];
        const refused = await call(method, real, {
          ...(realBody === undefined ? {} : { body: realBody }),
          key,
        });
        expect({ method, path, status: refused.status }).toEqual({ method, path, status: 404 });
        expect(refused.body).toEqual(never.body);
      }
    }
    for (const path of ['/v1/jobs', '/v1/files', '/v1/batches']) {
      for (const key of [stranger, endUser]) expect((await call('GET', path, { key })).body.data).toEqual([]);
    }
  });

  it('is as it was, and still there for its owner', async () => {
    expect(await call('GET', `/v1/files/${mine.file}/content`)).toMatchObject({ status: 200 });
    expect(await call('GET', `/v1/jobs/${mine.job}?wait=60s`)).toMatchObject({
      body: { status: 'completed' },
    });
    expect(await call('GET', `/v1/responses/${mine.response}`)).toMatchObject({
      body: { status: 'incomplete' },
    });
    expect((await call('GET', `/v1/batches/${mine.batch}`)).body).not.toMatchObject({ status: 'cancelling' });
  });

  it('can neither be resumed nor cancelled over a connection of others', async () => {
    for (const apiKey of [stranger, endUser]) {
      const client = await openStream(cluster.edgeUrl, { apiKey });
      client.send({ type: 'resume', request_id: mine.request, after: 0, id: 'r' });
      expect(await client.ended('r')).toMatchObject({ code: 'request_not_found' });
      client.send({ type: 'cancel', request_id: mine.request });
      await client.find(({ type, id }) => type === 'error' && id === undefined);
      await client.close();
    }
  });
});

it('the same idempotency key is another for another tenant, and for who sees only his own', async () => {
  const headers = { 'idempotency-key': 'the same for all' };
  const asks = [
    (key: string) => call('POST', '/v1/jobs', { body: job, headers, key }),
    (key: string) => upload({ 'idempotency-key': 'of a file' }, key),
    (key: string) =>
      call('POST', '/v1/generate', {
        body: { prompt: 'Hi', max_tokens: 2 },
        headers: { 'idempotency-key': 'of a request' },
        key,
      }),
  ];
  for (const ask of asks) {
    const answers = [await ask(cluster.apiKey), await ask(stranger), await ask(endUser)];
    const ids = answers.map(({ body }) => body.request_id ?? body.id);
    expect(new Set(ids).size).toBe(3);
    const again = await ask(cluster.apiKey);
    expect(again.body.request_id ?? again.body.id).toBe(ids[0]);
  }
  const cancelled = await call('POST', '/v1/requests/cancel', {
    body: { idempotency_key: 'of nobody here' },
    key: stranger,
  });
  expect(cancelled.status).toBe(404);
});

it('a cached answer says nothing to another tenant', async () => {
  const body = { prompt: 'The merger is on Friday.', temperature: 0, max_tokens: 4 };
  const cacheOf = async (key: string) =>
    (await call('POST', '/v1/generate', { body, key })).headers.get('x-millrace-cache');
  expect(await cacheOf(cluster.apiKey)).toBe('miss');
  expect(await cacheOf(cluster.apiKey)).toBe('exact');
  expect(await cacheOf(stranger)).toBe('miss');
});

it('more personal data than can be replaced is refused at once, and is no dead letter', async () => {
  const prompt = Array.from({ length: 25_000 }, (_, number) => `u${number}@corp.example`).join(' ');
  const refused = await call('POST', '/v1/generate', { body: { prompt } });
  expect(refused).toMatchObject({ status: 413, body: { error: { code: 'payload_too_large' } } });
  expect(JSON.stringify(refused.body)).not.toContain('corp.example');
  const deep = `${'['.repeat(300_000)}"ann@corp.example"${']'.repeat(300_000)}`;
  const answered = await call('POST', '/v1/generate', { body: { prompt: deep, max_tokens: 2 } });
  expect(answered.status).toBe(200);
  expect(await readDeadLetters(cluster.platform)).toEqual([]);
});

const saying = (more: object) => ({
  ...response,
  input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi', ...more }] }],
});

describe('a conversation', () => {
  it('that is nested without end is refused', async () => {
    const body = JSON.stringify(saying({ annotations: 0 })).replace(
      '"annotations":0',
      `"annotations":${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    );
    expect(await call('POST', '/v1/responses', { body })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_value' } },
    });
  });

  it('does not drag along what says nothing', async () => {
    const first = await call('POST', '/v1/responses', { body: saying({ annotations: 'x'.repeat(100_000) }) });
    const second = await call('POST', '/v1/responses', {
      body: { ...saying({}), previous_response_id: first.body.id },
    });
    const items = await call('GET', `/v1/responses/${second.body.id}/input_items?order=asc`);
    expect(items.body.data).toHaveLength(3);
    expect(JSON.stringify(items.body)).not.toContain('xxx');
  });
});

it('a file may come without a name', async () => {
  const part = 'Content-Disposition: form-data; name="file"\r\nContent-Type: application/octet-stream';
  const purpose = 'Content-Disposition: form-data; name="purpose"';
  const body = `--b\r\n${part}\r\n\r\n${line}\r\n--b\r\n${purpose}\r\n\r\nbatch\r\n--b--\r\n`;
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  expect(await call('POST', '/v1/files', { body, headers })).toMatchObject({
    status: 200,
    body: { filename: '', bytes: line.length },
  });
});
