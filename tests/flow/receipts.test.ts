import { checkReceipt, parseReceipt, readSigners } from '@millrace/audit-log';
import { Millrace } from '@millrace/client';
import { createApiKey, createTenant } from '@millrace/control-plane';
import { createCodec } from '@millrace/contracts';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInstantCluster } from '../support/instant-engine.ts';
import { postJson } from '../support/post-json.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startInstantCluster({ env: { MILLRACE_AUDIT_CHECKPOINT_INTERVAL: '1s' } });
});
afterAll(() => cluster.stop());

const patiently = { timeout: 60_000, interval: 200 };

const receiptOf = (requestId: string, apiKey = cluster.apiKey): Promise<Response> =>
  fetch(`${cluster.ingressUrl}/v1/requests/${requestId}/receipt`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });

async function keyOf(tenant: string, role: string): Promise<string> {
  await createTenant(cluster.database, { id: tenant });
  return (await createApiKey(cluster.database, { tenant, roles: [role] })).key;
}

it('who has asked gets a receipt, which holds offline with the public key; nobody else does', async () => {
  const asked = await postJson(cluster, '/v1/generate', { prompt: 'Hello', max_tokens: 2 });
  const { request_id: requestId } = (await asked.json()) as { readonly request_id: string };
  const answers: Response[] = [];
  await expect
    .poll(async () => {
      const answer = await receiptOf(requestId);
      answers.push(answer);
      return answer.status;
    }, patiently)
    .toBe(200);
  const last = answers.pop();
  for (const early of answers) {
    expect(early.status).toBe(409);
    expect(early.headers.get('retry-after')).toBe('5');
    expect(await early.json()).toMatchObject({ error: { code: 'receipt_pending' } });
  }

  const receipt = parseReceipt(await (last as Response).text());
  const keys = await readSigners(cluster.platform);
  const checked = checkReceipt(createCodec(), receipt, keys);
  expect(checked).toMatchObject({
    record: { tenant: defaultTenant, kind: 'request.closed', subject_id: requestId },
  });
  const record = Buffer.from(receipt.record, 'base64');
  const changed = Buffer.from(record.map((byte, index) => (index === record.length - 40 ? byte ^ 1 : byte)));
  const forged = { ...receipt, record: changed.toString('base64') };
  expect(checkReceipt(createCodec(), forged, keys).problem).toBeDefined();

  const others = [await keyOf('other-tenant', 'admin'), await keyOf(defaultTenant, 'end-user')];
  for (const other of others) expect((await receiptOf(requestId, other)).status).toBe(404);
  for (const id of ['01a20b7a-6230-75bc-9d55-82a878a44121', '*', 'a.b'])
    expect((await receiptOf(encodeURIComponent(id))).status).toBe(404);
});

it('a change by the administration is on record in the chain of its tenant', async () => {
  const created = await fetch(`${cluster.adminUrl}/admin/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cluster.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'on-record' }),
  });
  expect(created.status).toBe(201);
  const { platform } = cluster;
  await expect
    .poll(async () => {
      for await (const { payload } of platform.bus.read('AUDIT', 'mr.audit.recorded.on-record')) {
        const { kind, event } = platform.codec.decode('audit.recorded', payload);
        if (kind === 'act.performed') return platform.codec.decode('act.performed', event);
      }
      return undefined;
    }, patiently)
    .toMatchObject({
      action: 'tenant.create',
      object_id: 'on-record',
      request_id: created.headers.get('x-request-id'),
    });
});

describe('an answer that is asked for its receipt', () => {
  let patient: Cluster;
  /** Signed once a minute: who has a receipt at once has it because it was asked for. */
  beforeAll(async () => {
    patient = await startInstantCluster();
    await postJson(patient, '/v1/generate', { prompt: 'The first is signed at once', max_tokens: 2 });
  });
  afterAll(() => patient.stop());

  const ask = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
    postJson(patient, path, body, { 'x-millrace-receipt': 'true', ...headers });

  /** The request that a receipt proves. */
  const provenBy = async (receipt: unknown): Promise<string | undefined> => {
    const keys = await readSigners(patient.platform);
    const { problem, record } = {
      record: undefined,
      ...checkReceipt(createCodec(), parseReceipt(JSON.stringify(receipt)), keys),
    };
    return problem ?? (record?.tenant === defaultTenant ? record.subject_id : undefined);
  };

  const chat = { messages: [{ role: 'user', content: 'Hello' }] };
  it.each([
    ['/v1/generate', { prompt: 'Hello', max_tokens: 2 }],
    ['/v1/predict', { task: 'generate', input: 'Hello', parameters: { max_tokens: 2 } }],
    ['/v1/summarize', { text: 'Hello', max_tokens: 2 }],
    ['/v1/chat/completions', chat],
    ['/v1/completions', { prompt: 'Hello' }],
    ['/v1/responses', { input: 'Hello' }],
    ['/v1/responses', { input: 'Hello', store: false }],
  ])('has it, whole and as a stream: %s', async (path, fields) => {
    const body = { model: 'instant', ...fields };
    const whole = await ask(path, body);
    const answer = (await whole.json()) as { readonly receipt: unknown; readonly receipt_url: string };
    expect({ status: whole.status, url: answer.receipt_url }).toEqual({
      status: 200,
      url: expect.stringMatching(/^\/v1\/requests\/[\w-]{36}\/receipt$/) as string,
    });
    expect(`/v1/requests/${await provenBy(answer.receipt)}/receipt`).toBe(answer.receipt_url);
    const streamed = await ask(path, { ...body, stream: true });
    const events = (await streamed.text())
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice('data: '.length)) as typeof answer);
    const last = events.at(-1);
    expect(events.slice(0, -1).filter((event) => 'receipt' in event)).toEqual([]);
    expect(`/v1/requests/${await provenBy(last?.receipt)}/receipt`).toBe(last?.receipt_url);
  });

  it('has it over the WebSocket, also when it is resumed', async () => {
    const socket = await openStream(patient.edgeUrl, { apiKey: patient.apiKey });
    socket.send({ type: 'generate', id: 'one', prompt: 'Hello', max_tokens: 2, receipt: true });
    const completed = await socket.find(({ type }) => type === 'completed');
    const requestId = String(completed['request_id']);
    expect(await provenBy(completed['receipt'])).toBe(requestId);
    socket.send({ type: 'resume', id: 'two', request_id: requestId, after: 0, receipt: true });
    const again = await socket.find(({ type, id }) => type === 'completed' && id === 'two');
    expect(await provenBy(again['receipt'])).toBe(requestId);
    socket.send({ type: 'generate', id: 'three', prompt: 'Hello', max_tokens: 2 });
    const without = await socket.find(({ type, id }) => type === 'completed' && id === 'three');
    expect(without).not.toHaveProperty('receipt');
    await socket.close();
  });

  it('has it by the TypeScript client: whole, over either transport, followed and by its id', async () => {
    const client = new Millrace({
      url: patient.ingressUrl,
      webSocketUrl: patient.edgeUrl,
      apiKey: patient.apiKey,
    });
    const question = { prompt: 'Hello', max_tokens: 2 };
    const whole = await client.generate(question, { receipt: true });
    expect(await provenBy(whole.receipt)).toBe(whole.request_id);
    expect(whole.receipt_url).toBe(`/v1/requests/${whole.request_id}/receipt`);
    expect(await provenBy(await client.receipt(whole.request_id))).toBe(whole.request_id);
    const options = [
      { transport: 'websocket', receipt: true },
      { transport: 'sse', receipt: true },
    ] as const;
    for (const asked of options)
      for (const events of [client.stream(question, asked), client.follow(whole.request_id, asked)]) {
        const all = await Array.fromAsync(events);
        const end = all.at(-1);
        if (end?.type !== 'completed') throw new Error(`it ended with ${end?.type}`);
        expect(await provenBy(end.receipt)).toBe(end.request_id);
      }
    expect(await client.generate(question)).not.toHaveProperty('receipt');
    client.close();
  });

  it('has it when many ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => ask('/v1/generate', { prompt: 'Hello', max_tokens: 2 })),
    );
    for (const answer of answers) {
      const { receipt, request_id } = (await answer.json()) as { receipt: object; request_id: string };
      expect(await provenBy(receipt)).toBe(request_id);
    }
  });

  it('says what the header may be', async () => {
    const answer = await ask('/v1/generate', { prompt: 'Hello' }, { 'x-millrace-receipt': 'maybe' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { param: 'X-Millrace-Receipt', message: expect.stringContaining('true or false') as string },
    });
  });
});
