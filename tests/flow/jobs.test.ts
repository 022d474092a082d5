import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApiKey } from '@millrace/control-plane';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { expectAnsweredOnce } from '../support/proof.ts';
import { postJson } from '../support/post-json.ts';
import { startInstantCluster } from '../support/instant-engine.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

interface Job {
  readonly id: string;
  readonly status: string;
  readonly request_id: string | null;
  readonly result: { readonly text: string; readonly request_id: string } | null;
  readonly error: { readonly code: string; readonly param: string | null } | null;
  readonly progress: { readonly output_tokens: number; readonly output: readonly string[] } | null;
  readonly webhook: { readonly url: string; readonly secret?: string } | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startInstantCluster({
    env: { MILLRACE_WEBHOOK_PRIVATE: 'true', MILLRACE_WEBHOOK_FIRST_PAUSE: '20ms' },
  });
});

afterAll(() => cluster.stop());

const prompt = (text: string, more: object = {}): object => ({
  endpoint: '/v1/generate',
  body: { prompt: text, max_tokens: 8 },
  ...more,
});

const post = (path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Response> =>
  postJson(cluster, path, body, headers);

const call = (method: string, path: string, apiKey = cluster.apiKey): Promise<Response> =>
  fetch(`${cluster.ingressUrl}${path}`, { method, headers: { authorization: `Bearer ${apiKey}` } });

async function read<Body>(response: Promise<Response>, status: number): Promise<Body> {
  const answer = await response;
  const body: unknown = await answer.json();
  expect({ status: answer.status, body }).toMatchObject({ status });
  return body as Body;
}

const create = (body: object, headers?: Readonly<Record<string, string>>): Promise<Job> =>
  read<Job>(post('/v1/jobs', body, headers), 202);

const ended = (id: string): Promise<Job> => read<Job>(call('GET', `/v1/jobs/${id}?wait=60s`), 200);

describe('a job', () => {
  it('answers as its endpoint does, charged once', async ({ signal }) => {
    const metadata = { purpose: 'test' };
    const created = await create(prompt('Say something.', { metadata }));
    expect(created).toMatchObject({ status: 'queued', metadata, result: null });
    const job = await ended(created.id);
    expect(job).toMatchObject({ status: 'completed', metadata, error: null });
    expect(job.result?.request_id).toBe(job.request_id);
    await expectAnsweredOnce(
      cluster,
      { requestId: job.request_id ?? '', text: job.result?.text ?? '' },
      signal,
    );
  });

  it('runs what any endpoint takes', async () => {
    const created = await create({
      endpoint: '/v1/chat/completions',
      body: { model: 'instant', messages: [{ role: 'user', content: 'Hello.' }], max_tokens: 5 },
    });
    expect(await ended(created.id)).toMatchObject({
      status: 'completed',
      result: { object: 'chat.completion', choices: [{ message: { role: 'assistant' } }] },
    });
  });

  it.each([
    [{ endpoint: '/v1/nothing', body: {} }, 'endpoint'],
    [{ endpoint: '/v1/generate', body: { max_tokens: 0, prompt: 'x' } }, 'body.max_tokens'],
    [{ endpoint: '/v1/generate', body: { prompt: 'x', stream: true } }, 'body.stream'],
    [prompt('x', { retention: '400d' }), 'retention'],
    [prompt('x', { retention: '86400' }), 'retention'],
    [prompt('x', { webhook: { url: 'ftp://example.com' } }), 'webhook.url'],
    [prompt('x', { color: 'red' }), 'color'],
  ])('is refused at once where it is wrong: %j', async (body, param) => {
    expect(await read(post('/v1/jobs', body), 400)).toMatchObject({ error: { param } });
  });

  it.each([
    '/v1/jobs?after=nothing',
    '/v1/jobs/none?wait=30',
    '/v1/files?after=job_1',
    '/v1/batches?after=1',
  ])('is not asked for with what is no duration or id: %s', async (path) => {
    const param = /\?(\w+)=/.exec(path)?.[1];
    expect(await read(call('GET', path), 400)).toMatchObject({ error: { code: 'invalid_value', param } });
  });

  it('does not repeat a secret that is wrong', async () => {
    const webhook = { url: 'https://example.com', secret: 'whsec_canary' };
    const body = await read(post('/v1/jobs', prompt('x', { webhook })), 400);
    expect(body).toMatchObject({ error: { param: 'webhook.secret' } });
    expect(JSON.stringify(body)).not.toContain('canary');
  });

  it('of a model that is not there, or that its key may not ask for, is refused at once', async () => {
    const asked = { endpoint: '/v1/generate', body: { prompt: 'Hello', model: 'none' } };
    expect(await read(post('/v1/jobs', asked), 404)).toMatchObject({
      error: { code: 'model_not_found', param: 'body.model' },
    });
    const response = { model: 'none', input: 'Hello', background: true };
    expect(await read(post('/v1/responses', response), 404)).toMatchObject({
      error: { code: 'model_not_found', param: 'model' },
    });
    const { key: apiKey } = await createApiKey(cluster.database, {
      tenant: defaultTenant,
      allowedModels: ['another'],
    });
    expect(await read(postJson({ ...cluster, apiKey }, '/v1/jobs', prompt('Hello')), 403)).toMatchObject({
      error: { code: 'permission_denied', param: 'body.model' },
    });
    expect(await read(call('GET', '/v1/models', apiKey), 200)).toMatchObject({ data: [] });
    expect(await read(call('GET', '/v1/models/instant', apiKey), 404)).toMatchObject({
      error: { code: 'model_not_found' },
    });
  });

  it('fails with the error that its request failed with', async () => {
    const created = await create({
      endpoint: '/v1/generate',
      body: { prompt: 'word '.repeat(200_000), model: 'instant' },
    });
    expect(await ended(created.id)).toMatchObject({
      status: 'failed',
      result: null,
      error: { code: 'context_length_exceeded' },
    });
  });

  it('is one job under one idempotency key', async () => {
    const headers = { 'idempotency-key': 'one-job' };
    const [one, other] = await Promise.all([
      create(prompt('Once.'), headers),
      create(prompt('Once.'), headers),
    ]);
    expect(other).toEqual(one);
    expect(await read(post('/v1/jobs', prompt('Twice.'), headers), 422)).toMatchObject({
      error: { code: 'idempotency_key_reused' },
    });
  });

  it('is listed, newest first, in pages, by its state, and can be removed', async () => {
    const ids: string[] = [];
    for (const number of [1, 2, 3]) ids.push((await create(prompt(`${number}`))).id);
    for (const id of ids) await ended(id);
    const page = await read<{ data: readonly Job[]; has_more: boolean; last_id: string }>(
      call('GET', '/v1/jobs?limit=2&status=completed'),
      200,
    );
    expect(page.data.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect(page).toMatchObject({ has_more: true, last_id: ids[1] });
    const next = await read<{ data: readonly Job[] }>(
      call('GET', `/v1/jobs?limit=1&after=${page.last_id}`),
      200,
    );
    expect(next.data.map(({ id }) => id)).toEqual([ids[0]]);
    expect(await read(call('DELETE', `/v1/jobs/${ids[0]}`), 200)).toMatchObject({ deleted: true });
    expect(await read(call('GET', `/v1/jobs/${ids[0]}`), 404)).toMatchObject({
      error: { code: 'request_not_found' },
    });
  });

  it("is nobody else's", async () => {
    const { id } = await create(prompt('Mine.'));
    const { key } = await createApiKey(cluster.database, { tenant: defaultTenant, roles: ['end-user'] });
    for (const [method, path] of [
      ['GET', `/v1/jobs/${id}`],
      ['POST', `/v1/jobs/${id}/cancel`],
      ['DELETE', `/v1/jobs/${id}`],
    ] as const)
      await read(call(method, path, key), 404);
    expect(await read(call('GET', '/v1/jobs', key), 200)).toMatchObject({ data: [] });
  });
});

describe('a webhook', () => {
  it('tells of the end, signed, and is sent again until it arrives', async ({ signal }) => {
    const receiver = await startWebhookReceiver({ refusals: 2 });
    try {
      const { url } = receiver;
      const created = await create(prompt('Tell me.', { webhook: { url } }));
      const secret = created.webhook?.secret ?? '';
      const received = await receiver.received(3, signal);
      const ids = received.map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids).size).toBe(1);
      const [first] = received;
      const payload = new Webhook(secret).verify(first?.body ?? '', { ...first?.headers });
      expect(payload).toMatchObject({ type: 'job.completed', data: { id: created.id, status: 'completed' } });
      expect(first?.body).not.toContain('Tell me');
      expect((await ended(created.id)).webhook).toEqual({ url });
    } finally {
      await receiver.stop();
    }
  });
});

describe('a webhook that somebody else sends again', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is refused by who follows Standard Webhooks: another id, time or body, an old one, and one that was there', async ({
    signal,
  }) => {
    const receiver = await startWebhookReceiver();
    try {
      const created = await create(prompt('Tell me.', { webhook: { url: receiver.url } }));
      const [delivery] = await receiver.received(1, signal);
      const { headers = {}, body = '' } = delivery ?? {};
      const known = new Set<string>();
      /** A receiver as the reference of jobs describes it. */
      const take = (changes: Readonly<Record<string, string>> = {}, text = body): string => {
        const sent = { ...headers, ...changes };
        try {
          new Webhook(created.webhook?.secret ?? '').verify(text, sent);
        } catch (error) {
          return (error as Error).message;
        }
        const id = sent['webhook-id'] ?? '';
        if (known.has(id)) return 'known';
        known.add(id);
        return 'taken';
      };
      const later = String(Number(headers['webhook-timestamp']) + 1);
      expect(take({ 'webhook-id': 'msg_another' })).toBe('No matching signature found');
      expect(take({ 'webhook-timestamp': later })).toBe('No matching signature found');
      expect(take({}, body.replace('completed', 'cancelled'))).toBe('No matching signature found');
      expect(take({ 'webhook-signature': 'v1,' })).toBe('No matching signature found');
      expect([take(), take()]).toEqual(['taken', 'known']);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6 * 60_000 });
      expect(take()).toBe('Message timestamp too old');
    } finally {
      await receiver.stop();
    }
  });
});

describe('a job that is cancelled', () => {
  it('ends at once where it waits, and with what there is where it runs', async () => {
    await cluster.process('jobs').kill();
    const waiting = await create(prompt('Wait.'));
    expect(await read(call('POST', `/v1/jobs/${waiting.id}/cancel`), 200)).toMatchObject({
      status: 'cancelled',
    });
    const running = await create({ endpoint: '/v1/generate', body: { prompt: 'Count.', max_tokens: 2_000 } });
    await cluster.process('jobs').start();
    await read(call('POST', `/v1/jobs/${running.id}/cancel`), 200);
    expect(['cancelled', 'completed']).toContain((await ended(running.id)).status);
  });
});

it('says so while the database is away, and goes on when it is back', async () => {
  await cluster.postgres.kill();
  expect(await read(call('GET', '/v1/jobs'), 503)).toMatchObject({ error: { code: 'unavailable' } });
  await cluster.postgres.start();
  const created = await create(prompt('Again.'), { 'idempotency-key': 'behind-the-outage' });
  expect(await ended(created.id)).toMatchObject({ status: 'completed' });
});
