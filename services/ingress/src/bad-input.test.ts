import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestNats } from '@millrace/testkit';
import { maxBodyBytes, startIngressTest, type IngressTest, type TestClient } from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;
let client: TestClient;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
  client = ingress.client();
});

afterAll(() => ingress.stop());

interface Refusal {
  readonly status?: number;
  readonly code: string | null;
  readonly param?: string | null;
  readonly message: RegExp;
}

/** What all errors have in common: their shape, an id, and neither stack nor path of a file. */
function refused({ status = 400, code, param = null, message }: Refusal) {
  const error = {
    message: expect.stringMatching(message) as string,
    type: expect.stringMatching(/^[a-z_]+_error$/) as string,
    param,
    code,
  };
  return {
    status,
    body: { error },
    requestId: expect.stringMatching(uuid) as string,
    contentType: expect.stringContaining('application/json') as string,
    internals: null,
  };
}

async function refusalOf(response: Response) {
  const body = await response.text();
  return {
    status: response.status,
    body: JSON.parse(body) as unknown,
    requestId: response.headers.get('x-request-id'),
    contentType: response.headers.get('content-type'),
    internals: /node_modules|\.ts\b|\bat .+:\d+/.exec(body),
  };
}

const prompt = 'the words of the prompt';

const bodies: readonly (readonly [string, unknown, Refusal])[] = [
  ['no JSON', '{"prompt":', { code: 'invalid_json', message: /not JSON/ }],
  ['an empty body', '', { code: 'invalid_json', message: /not JSON/ }],
  ['a list', [], { code: 'invalid_value', message: /must be a JSON object/ }],
  ['a number', '7', { code: 'invalid_value', message: /must be a JSON object/ }],
  ['null', 'null', { code: 'invalid_value', message: /must be a JSON object/ }],
  ['no prompt', {}, { code: 'missing_value', param: 'prompt', message: /prompt is missing/ }],
  ['an empty prompt', { prompt: '' }, { code: 'missing_value', param: 'prompt', message: /prompt is empty/ }],
  [
    'no messages',
    { messages: [] },
    { code: 'missing_value', param: 'messages', message: /messages is empty/ },
  ],
  [
    'an empty message',
    { messages: [{ role: 'user', content: '' }] },
    { code: 'missing_value', param: 'messages[0].content', message: /is empty/ },
  ],
  [
    'a message without content',
    { messages: [{ role: 'user' }] },
    { code: 'missing_value', param: 'messages[0].content', message: /is missing/ },
  ],
  [
    'an unknown role',
    { messages: [{ role: 'robot', content: prompt }] },
    { code: 'invalid_value', param: 'messages[0].role', message: /"system", "user", "assistant"/ },
  ],
  [
    'both prompt and messages',
    { prompt, messages: [{ role: 'user', content: prompt }] },
    { code: 'conflicting_values', param: 'messages', message: /exclude each other/ },
  ],
  ['a prompt that is no text', { prompt: 7 }, { code: 'invalid_value', param: 'prompt', message: /a text/ }],
  [
    'an unknown field',
    { prompt, max_token: 7 },
    { code: 'invalid_value', param: 'max_token', message: /not a field that exists/ },
  ],
  [
    'messages that are a text',
    { messages: prompt },
    {
      code: 'invalid_value',
      param: 'messages',
      message: /is a text of 23 characters: it must be a list of 1 to 4096 items/,
    },
  ],
  [
    'a message that is a text',
    { messages: [prompt] },
    {
      code: 'invalid_value',
      param: 'messages[0]',
      message: /is a text of 23 characters: it must be an object/,
    },
  ],
  [
    'a prompt as the name of a field',
    { [prompt]: 1 },
    { code: 'invalid_value', message: /has a field that does not exist here: the fields are model, prompt,/ },
  ],
  [
    'a number as text',
    { prompt, max_tokens: '7' },
    {
      code: 'invalid_value',
      param: 'max_tokens',
      message: /"7": it must be a whole number from 1 to 131072/,
    },
  ],
  [
    'too few tokens',
    { prompt, max_tokens: 0 },
    { code: 'invalid_value', param: 'max_tokens', message: /from 1 to 131072/ },
  ],
  [
    'too many tokens',
    { prompt, max_tokens: 100_000 },
    { code: 'invalid_value', param: 'max_tokens', message: /from 1 to 2048/ },
  ],
  [
    'half a token',
    { prompt, max_tokens: 1.5 },
    { code: 'invalid_value', param: 'max_tokens', message: /whole number/ },
  ],
  [
    'a temperature out of range',
    { prompt, temperature: 2.1 },
    { code: 'invalid_value', param: 'temperature', message: /from 0 to 2/ },
  ],
  [
    'a top_k out of range',
    { prompt, top_k: -1 },
    { code: 'invalid_value', param: 'top_k', message: /from 0 to 64/ },
  ],
  [
    'a top_p out of range',
    { prompt, top_p: 0 },
    { code: 'invalid_value', param: 'top_p', message: /above 0 to 1/ },
  ],
  ['a negative seed', { prompt, seed: -1 }, { code: 'invalid_value', param: 'seed', message: /from 0/ }],
  [
    'too many stop strings',
    { prompt, stop: ['a', 'b', 'c', 'd', 'e'] },
    { code: 'invalid_value', param: 'stop', message: /1 to 4 items/ },
  ],
  [
    'a stream that is neither true nor false',
    { prompt, stream: 'yes' },
    { code: 'invalid_value', param: 'stream', message: /true or false/ },
  ],
  [
    'an unknown model',
    { prompt, model: 'gpt-9' },
    { status: 404, code: 'model_not_found', param: 'model', message: /"gpt-9".*test-model/ },
  ],
  [
    'a lone surrogate',
    String.raw`{"prompt":"half a pair: \ud83d"}`,
    { code: 'invalid_unicode', param: 'prompt', message: /surrogate/ },
  ],
  [
    'invalid UTF-8',
    Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
    { code: 'invalid_unicode', message: /UTF-8/ },
  ],
  [
    'content over 1 MiB',
    { prompt: 'x'.repeat(1024 * 1024 + 1) },
    {
      status: 413,
      code: 'payload_too_large',
      param: 'prompt',
      message: /1048577 bytes: it may have 1048576/,
    },
  ],
  [
    'a body over the limit',
    'x'.repeat(maxBodyBytes + 1),
    { status: 413, code: 'payload_too_large', message: new RegExp(`may have ${maxBodyBytes} bytes`) },
  ],
];

test.each(bodies)('%s is refused with its own error', async (_what, body, refusal) => {
  const response = await client.post(body);
  expect(await refusalOf(response.clone())).toEqual(refused(refusal));
  expect(await response.text()).not.toContain(prompt);
});

test('a body of another type, or none, is refused', async () => {
  const refusal = {
    code: 'invalid_value',
    param: 'content-type',
    message: /content-type: application\/json/,
  };
  for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
    expect(await refusalOf(await client.post('{}', { headers: { 'content-type': contentType } }))).toEqual(
      refused(refusal),
    );
  }
  const { headers, body, status } = await raw({ method: 'POST', path: '/v1/generate' });
  expect(await refusalOf(new Response(body, { status, headers: plain(headers) }))).toEqual(refused(refusal));
});

test('a compressed body is refused with 415, and one that says that it is none is taken', async () => {
  const headers = { 'content-encoding': 'gzip' };
  expect(await refusalOf(await client.post(gzipSync('{}'), { headers }))).toEqual(
    refused({ status: 415, code: null, param: 'Content-Encoding', message: /not supported/ }),
  );
  const plainly = await client.post({}, { headers: { 'content-encoding': 'identity' } });
  expect(await refusalOf(plainly)).toMatchObject({ status: 400, body: { error: { code: 'missing_value' } } });
});

test.each([
  [
    'a URL that cannot be decoded',
    'GET /v1/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    400,
    /URL/,
  ],
  [
    'headers over the limit',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    /too large/,
  ],
  ['no HTTP', 'garbage\r\n\r\n', 400, /not valid HTTP/],
])('%s is refused in the shape of all errors', async (_what, sent, status, message) => {
  const socket = connect(Number(new URL(ingress.url).port), '127.0.0.1');
  socket.write(sent);
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toMatch(/content-type: application\/json/i);
  expect(JSON.parse(body)).toEqual({
    error: {
      message: expect.stringMatching(message) as string,
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  });
});

test('a missing, unknown or malformed API key is refused before the body is read', async () => {
  const refusal = { status: 401, code: 'invalid_api_key', message: /API key/ };
  const wrong = [
    'Bearer unknown',
    'Bearer ',
    'Basic dXNlcjpwYXNz',
    'Bearer two words',
    `Bearer ${'x'.repeat(5_000)}`,
  ];
  for (const authorization of ['', ...wrong]) {
    const response = await client.post('no JSON', { headers: { authorization } });
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refusalOf(response)).toEqual(refused(refusal));
  }
});

test('a revoked API key is refused', async () => {
  const revoked = ingress.client();
  await ingress.platform.revoke(revoked.keyId);
  await vi.waitFor(async () => {
    const response = await revoked.post({});
    expect(response.status).toBe(401);
  }, 30_000);
  expect(await refusalOf(await revoked.post({}))).toEqual(
    refused({
      status: 401,
      code: 'invalid_api_key',
      message: /revoked/,
    }),
  );
});

test('an idempotency key that is empty or too long is refused', async () => {
  for (const key of ['', 'x'.repeat(256)]) {
    const response = await client.post({ prompt }, { headers: { 'idempotency-key': key } });
    expect(await refusalOf(response)).toEqual(
      refused({
        code: 'invalid_value',
        param: 'Idempotency-Key',
        message: /1 to 255 characters/,
      }),
    );
  }
});

test('an unknown path is a 404, another method a 405 that says which one, both in the shape of errors', async () => {
  for (const [method, path] of [
    ['GET', '/v1/unknown'],
    ['POST', '/v1/unknown'],
    ['GET', '/'],
  ] as const) {
    const response = await fetch(ingress.url + path, { method, ...(method === 'POST' ? { body: 'x' } : {}) });
    expect(await refusalOf(response)).toEqual(
      refused({ status: 404, code: null, message: new RegExp(`no ${method} ${path} `) }),
    );
  }
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    const response = await fetch(`${ingress.url}/v1/generate?x=1`, { method });
    expect(response.headers.get('allow')).toBe('POST');
    expect(await refusalOf(response)).toEqual(refused({ status: 405, code: null, message: /takes POST/ }));
  }
});

test('after a flood of garbage a good request is answered, and none of it was logged as an error', async () => {
  const garbage = [
    '{',
    '[]',
    '{"prompt":7}',
    '\u0000',
    '"',
    '{"prompt":""}',
    '{"messages":{}}',
    'x'.repeat(10_000),
  ];
  for (let round = 0; round < 50; round += 1) {
    const responses = await Promise.all(garbage.map((body) => client.post(body)));
    for (const response of responses) {
      expect(response.status).toBe(400);
      await response.arrayBuffer();
    }
  }
  const posted = client.post({ prompt });
  const writer = await client.nextRequest();
  await writer.finish();
  expect((await posted).status).toBe(200);
  expect(ingress.log.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
});

/** A request without a body and without what fetch adds. */
async function raw(options: { readonly method: string; readonly path: string }) {
  const answered = Promise.withResolvers<{ status: number; headers: IncomingHttpHeaders; body: string }>();
  const { port } = new URL(ingress.url);
  const headers = { authorization: `Bearer ${client.apiKey}` };
  const outgoing = httpRequest({ host: '127.0.0.1', port, headers, ...options }, (response) => {
    text(response).then(
      (body) => answered.resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      answered.reject,
    );
  });
  outgoing.once('error', answered.reject);
  outgoing.end();
  return answered.promise;
}

function plain(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
