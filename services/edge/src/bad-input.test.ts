import { startTestNats, type StreamClient } from '@millrace/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { edgeTestSettings, startEdgeTest, type EdgeTest, type TestUser } from './edge.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let edge: EdgeTest;
let url: string;
let user: TestUser;
let client: StreamClient;

beforeAll(async () => {
  edge = await startEdgeTest(await startTestNats());
  url = await edge.gateway();
});

beforeEach(async () => {
  user = edge.user();
  client = await edge.connect(url, user);
});

afterEach(() => client.close());
afterAll(() => edge.stop());

const prompt = 'the words of the prompt';
const generate = (fields: object): object => ({ type: 'generate', id: 'one', ...fields });

/** Resolves when all that was sent before has been answered. */
async function expectToGoOn(): Promise<void> {
  client.send(generate({ id: 'after', prompt }));
  const writer = await user.nextRequest();
  await writer.finish();
  expect(await client.ended('after')).toMatchObject({ type: 'completed' });
}

const wrong: readonly (readonly [what: string, message: object | string | Buffer, code: string, RegExp])[] = [
  ['no JSON', '{"type":', 'invalid_json', /not JSON/],
  ['a list', '[]', 'invalid_value', /must be a JSON object/],
  ['no type', {}, 'missing_value', /generate, summarize, classify, translate, embed, cancel, resume, ping/],
  [
    'an unknown type',
    { type: 'sing' },
    'invalid_type',
    /"sing".*generate, summarize, classify, translate, embed, cancel, resume, ping/,
  ],
  ['no prompt', generate({}), 'missing_value', /prompt is missing/],
  ['an empty prompt', generate({ prompt: '' }), 'missing_value', /prompt is empty/],
  [
    'both prompt and messages',
    generate({ prompt, messages: [{ role: 'user', content: prompt }] }),
    'conflicting_values',
    /exclude each other/,
  ],
  ['a prompt that is no text', generate({ prompt: 7 }), 'invalid_value', /a text/],
  ['no id', { type: 'generate', prompt }, 'missing_value', /id is missing/],
  ['an unknown field', generate({ prompt, max_token: 7 }), 'invalid_value', /not a field/],
  ['messages that are a text', generate({ messages: prompt }), 'invalid_value', /must be a list/],
  ['a message that is a text', generate({ messages: [prompt] }), 'invalid_value', /must be an object/],
  ['a prompt as the name of a field', generate({ [prompt]: 1 }), 'invalid_value', /the fields are type, id,/],
  ['a number out of range', generate({ prompt, temperature: 2.1 }), 'invalid_value', /from 0 to 2/],
  ['an unknown model', generate({ prompt, model: 'gpt-9' }), 'model_not_found', /"gpt-9".*test-model/],
  [
    'a lone surrogate',
    String.raw`{"type":"generate","id":"one","prompt":"\ud83d"}`,
    'invalid_unicode',
    /surrogate/,
  ],
  [
    'content over 1 MiB',
    generate({ prompt: 'x'.repeat(1024 * 1024 + 1) }),
    'payload_too_large',
    /1048577 bytes/,
  ],
  ['a binary frame', Buffer.from('{"type":"ping"}'), 'binary_not_supported', /text frames/],
  ['a cancel that names nothing', { type: 'cancel' }, 'missing_value', /id is missing/],
  [
    'a cancel whose request_id is no UUID',
    { type: 'cancel', request_id: 'nothing' },
    'invalid_value',
    /request_id is "nothing": it must be a UUID/,
  ],
  [
    'a resume of 36 characters that are no UUID',
    { type: 'resume', request_id: 'x'.repeat(36), after: 0 },
    'invalid_value',
    /it must be a UUID/,
  ],
  ['a cancel of nothing', { type: 'cancel', id: 'nothing' }, 'request_not_found', /No request in flight/],
];

test.each(wrong)(
  '%s is refused with its own error, and the connection goes on',
  async (_what, message, code, text) => {
    client.send(message);
    const error = await client.find(({ type }) => type === 'error');
    expect(error).toMatchObject({ code, message: expect.stringMatching(text) as string, retryable: false });
    expect(JSON.stringify(error)).not.toMatch(/the words of the prompt|node_modules|\.ts\b/);
    await expectToGoOn();
  },
);

test('an id that is in flight is refused, and the request with that id goes on', async () => {
  client.send(generate({ prompt }));
  const writer = await user.nextRequest();
  await client.find(({ type }) => type === 'accepted');
  client.send(generate({ prompt }));
  const error = await client.find(({ type }) => type === 'error');
  expect(error).toMatchObject({
    code: 'duplicate_id',
    param: 'id',
    message: 'id "one" is in use by a request in flight on this connection',
  });
  await writer.finish();
  await client.find(({ type }) => type === 'completed');
});

test('more in flight than a connection may have are refused, and retryable', async () => {
  const { maxInFlightPerConnection } = edgeTestSettings;
  for (let index = 0; index <= maxInFlightPerConnection; index += 1)
    client.send(generate({ id: `request-${index}`, prompt }));
  const error = await client.find(({ type }) => type === 'error');
  expect(error).toMatchObject({
    id: `request-${maxInFlightPerConnection}`,
    code: 'too_many_in_flight',
    retryable: true,
  });
  for (let index = 0; index < maxInFlightPerConnection; index += 1) await (await user.nextRequest()).finish();
  await Promise.all(
    Array.from({ length: maxInFlightPerConnection }, (_, index) => client.ended(`request-${index}`)),
  );
});

test('10,000 garbage messages in a row are each refused, and then a request is answered', async () => {
  const garbage = 10_000;
  for (let index = 0; index < garbage; index += 1) client.send(`garbage ${index}`);
  await expectToGoOn();
  const errors = client.messages.filter(({ type }) => type === 'error');
  expect(errors).toHaveLength(garbage);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['invalid_json']));
});

test('a frame above the limit ends the connection with 1009, and others go on', async () => {
  const other = await edge.connect(url, edge.user());
  other.send('x'.repeat(edgeTestSettings.maxFrameBytes + 1));
  expect((await other.closed).code).toBe(1009);
  await expectToGoOn();
});

test('plain HTTP is told to upgrade', async () => {
  const response = await fetch(`${url}/v1/stream`);
  expect(response.status).toBe(426);
  expect(response.headers.get('upgrade')).toBe('websocket');
  expect(await response.json()).toMatchObject({
    error: { message: expect.stringMatching(/WebSocket/) as string, type: 'invalid_request_error' },
  });
});

test('a URL that cannot be decoded is refused in the shape of all errors', async () => {
  const response = await fetch(`${url}/v1/%zz`);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    error: {
      message: expect.stringMatching(/URL/) as string,
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  });
});
