import OpenAI, { BadRequestError, InvalidWebhookSignatureError, NotFoundError, toFile } from 'openai';
import { eq, sql } from '@millrace/store/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '@millrace/embedded';
import { batches, webhookDeliveries } from '@millrace/store';
import { startInstantCluster } from '../support/instant-engine.ts';
import { startWebhookReceiver, type ReceivedWebhook } from '../support/webhook-receiver.ts';

interface OutputLine {
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    readonly body: {
      readonly choices?: readonly { readonly message: { readonly content: string } }[];
      readonly error?: { readonly param: string };
    };
  } | null;
  readonly error: { readonly code: string } | null;
}

let cluster: Cluster;
let client: OpenAI;

beforeAll(async () => {
  cluster = await startInstantCluster({
    env: { MILLRACE_WEBHOOK_PRIVATE: 'true', MILLRACE_WEBHOOK_FIRST_PAUSE: '20ms' },
  });
  client = new OpenAI({ apiKey: cluster.apiKey, baseURL: `${cluster.ingressUrl}/v1`, maxRetries: 0 });
});

afterAll(() => cluster.stop());

const endpoint = '/v1/chat/completions';

const line = (customId: string, changes: object = {}): string =>
  JSON.stringify({
    custom_id: customId,
    method: 'POST',
    url: endpoint,
    body: { model: 'instant', messages: [{ role: 'user', content: customId }], max_completion_tokens: 4 },
    ...changes,
  });

const upload = async (lines: readonly string[]) =>
  client.files.create({ file: await toFile(Buffer.from(lines.join('\n')), 'input.jsonl'), purpose: 'batch' });

/** A batch as it is created, with what the API of OpenAI does not have. */
type NewBatch = OpenAI.Batch & {
  readonly webhook: { readonly url: string; readonly secret?: string } | null;
};

const createBatch = async (lines: readonly string[], more: object = {}) =>
  (await client.batches.create({
    input_file_id: (await upload(lines)).id,
    endpoint,
    completion_window: '24h',
    metadata: { kind: 'test' },
    ...more,
  })) as NewBatch;

type BatchEvent =
  | OpenAI.Webhooks.BatchCompletedWebhookEvent
  | OpenAI.Webhooks.BatchFailedWebhookEvent
  | OpenAI.Webhooks.BatchCancelledWebhookEvent
  | OpenAI.Webhooks.BatchExpiredWebhookEvent;

const unwrap = async ({ body, headers }: ReceivedWebhook, secret: string) =>
  (await client.webhooks.unwrap(body, headers, secret)) as BatchEvent;

const expire = (id: string) =>
  cluster.database
    .update(batches)
    .set({ expiresAt: sql`now()` })
    .where(eq(batches.id, id));

/** Waits for the end of a batch. */
async function ended(id: string, signal: AbortSignal): Promise<OpenAI.Batch> {
  for (;;) {
    const batch = await client.batches.retrieve(id);
    if (['completed', 'failed', 'expired', 'cancelled'].includes(batch.status)) return batch;
    await cluster.platform.clock.sleep(100, signal);
  }
}

it('a file that is sent as a text says so', async () => {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', 'input.jsonl');
  const response = await fetch(`${cluster.ingressUrl}/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cluster.apiKey}` },
    body: form,
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { param: 'file', message: 'file is a text: it must be a file, with a name of its own' },
  });
});

async function linesOf(fileId: string | null | undefined): Promise<readonly OutputLine[]> {
  const content = await (await client.files.content(fileId ?? '')).text();
  return content
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as OutputLine);
}

describe('a file', () => {
  it('comes back as it was sent, is listed, and can be removed', async () => {
    const content = Buffer.alloc(1_500_000, 'a line of a file\n');
    const file = await client.files.create({ file: await toFile(content, 'größe.jsonl'), purpose: 'batch' });
    expect(file).toMatchObject({
      object: 'file',
      bytes: content.length,
      filename: 'größe.jsonl',
      purpose: 'batch',
    });
    expect(await client.files.retrieve(file.id)).toEqual(file);
    const back = Buffer.from(await (await client.files.content(file.id)).arrayBuffer());
    expect(back.equals(content)).toBe(true);
    const listed = await client.files.list({ purpose: 'batch', limit: 1 });
    expect(listed.data).toEqual([file]);
    expect(await client.files.waitForProcessing(file.id)).toEqual(file);
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it('is listed page by page, newest first, and goes when it says', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const file = await toFile(Buffer.from(name), name);
      const expires_after = { anchor: 'created_at' as const, seconds: 3_600 };
      const { id, created_at, expires_at } = await client.files.create({
        file,
        purpose: 'batch',
        expires_after,
      });
      expect(expires_at).toBe(created_at + 3_600);
      ids.unshift(id);
    }
    const listed: string[] = [];
    for await (const { id } of client.files.list({ limit: 2 })) listed.push(id);
    expect(listed).toEqual(ids);
    for (const id of ids) await client.files.delete(id);
  });

  it('is refused where its purpose is another, and nothing of it is left', async () => {
    const file = await toFile(Buffer.from('x'), 'x');
    await expect(client.files.create({ file, purpose: 'fine-tune' })).rejects.toBeInstanceOf(BadRequestError);
    expect((await client.files.list()).data).toEqual([]);
  });

  it('is one file under one idempotency key', async () => {
    const send = async (content: string) =>
      client.files.create(
        { file: await toFile(Buffer.from(content), 'x.jsonl'), purpose: 'batch' },
        { headers: { 'Idempotency-Key': 'one-file' } },
      );
    const one = await send('the same');
    expect(await send('the same')).toEqual(one);
    await expect(send('another')).rejects.toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    await client.files.delete(one.id);
  });
});

describe('a batch', () => {
  it('answers each line once, and says which failed', async ({ signal }) => {
    const lines = Array.from({ length: 100 }, (_, index) => line(`request-${index}`));
    lines.push(line('wrong', { body: { model: 'instant', messages: [], max_completion_tokens: 4 } }));
    const created = await createBatch(lines);
    expect(created).toMatchObject({ object: 'batch', status: 'validating', metadata: { kind: 'test' } });
    const batch = await ended(created.id, signal);
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 101, completed: 100, failed: 1 },
      errors: null,
    });
    const output = await linesOf(batch.output_file_id);
    expect(output.map((each) => each.custom_id)).toEqual(
      lines.slice(0, 100).map((_, index) => `request-${index}`),
    );
    for (const each of output) {
      expect(each).toMatchObject({ error: null, response: { status_code: 200 } });
      expect(each.response?.body.choices?.[0]?.message.content.length).toBeGreaterThan(0);
    }
    expect(new Set(output.map((each) => each.response?.request_id)).size).toBe(100);
    const [wrong, ...more] = await linesOf(batch.error_file_id);
    expect(more).toEqual([]);
    expect(wrong).toMatchObject({
      custom_id: 'wrong',
      response: { status_code: 400, body: { error: { param: 'messages' } } },
    });
    expect((await client.batches.list({ limit: 1 })).data[0]).toMatchObject({ id: batch.id });
  });

  it('with lines that cannot be read fails, and names them all', async ({ signal }) => {
    const created = await createBatch([
      line('a'),
      '{"custom_id": ',
      line('a'),
      line('b', { url: '/v1/embeddings' }),
      '',
      line('c', { method: 'GET' }),
      line('', {}),
      line('d', { priority: 1 }),
      '[]',
    ]);
    const batch = await ended(created.id, signal);
    expect(batch).toMatchObject({ status: 'failed', output_file_id: null });
    expect(batch.errors?.data?.map(({ line: number, code }) => [number, code])).toEqual([
      [2, 'invalid_json_line'],
      [3, 'duplicate_custom_id'],
      [4, 'mismatched_endpoint'],
      [6, 'invalid_method'],
      [7, 'missing_required_parameter'],
      [8, 'invalid_request'],
      [9, 'invalid_json_line'],
    ]);
  });

  it('without lines, or of a file that is not there, is refused', async ({ signal }) => {
    const created = await createBatch(['', '  ']);
    expect((await ended(created.id, signal)).errors?.data?.[0]).toMatchObject({ code: 'empty_file' });
    await expect(
      client.batches.create({ input_file_id: 'file-none', endpoint, completion_window: '24h' }),
    ).rejects.toBeInstanceOf(NotFoundError);
  });

  it('keeps what is done when it expires or is cancelled', async ({ signal }) => {
    const lines = Array.from({ length: 30 }, (_, index) => line(`request-${index}`));
    const jobs = cluster.process('jobs');
    await jobs.kill();
    const cancelled = await createBatch(lines);
    expect(await client.batches.cancel(cancelled.id)).toMatchObject({ status: 'cancelling' });
    const expired = await createBatch(lines);
    await expire(expired.id);
    await jobs.start();
    expect(await ended(cancelled.id, signal)).toMatchObject({
      status: 'cancelled',
      output_file_id: null,
      error_file_id: null,
    });
    const batch = await ended(expired.id, signal);
    expect(batch.status).toBe('expired');
    const undone = (await linesOf(batch.error_file_id)).filter(({ error }) => error !== null);
    expect(undone.length).toBeGreaterThan(0);
    expect(undone[0]).toMatchObject({ response: null, error: { code: 'batch_expired' } });
    const { completed = 0 } = batch.request_counts ?? {};
    expect(completed + undone.length).toBe(lines.length);
  });
});

describe('the webhook of a batch', () => {
  it('tells of each end by its name, signed, as an event that the package unwraps', async ({ signal }) => {
    const receiver = await startWebhookReceiver({ refusals: 2 });
    try {
      const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
      const webhook = { url: receiver.url, secret };
      const jobs = cluster.process('jobs');
      await jobs.kill();
      const create = (lines: readonly string[]) => createBatch(lines, { webhook });
      const [completed, failed, cancelled, expired] = [
        await create([line('secret words')]),
        await create(['{"secret words"']),
        await create([line('a')]),
        await create([line('a')]),
      ];
      expect(completed.webhook).toEqual({ url: receiver.url });
      await client.batches.cancel(cancelled.id);
      await expire(expired.id);
      await jobs.start();
      const received = await receiver.received(2 + 4, signal);
      const taken = received.slice(2);
      const events = await Promise.all(taken.map((each) => unwrap(each, secret)));
      expect(new Map(events.map(({ type, data }) => [type, data.id]))).toEqual(
        new Map([
          ['batch.completed', completed.id],
          ['batch.failed', failed.id],
          ['batch.cancelled', cancelled.id],
          ['batch.expired', expired.id],
        ]),
      );
      expect(events[0]).toMatchObject({
        object: 'event',
        created_at: expect.any(Number) as number,
        id: expect.stringMatching(/^evt_[\da-f]{32}$/u) as string,
      });
      expect(new Set(events.map(({ id }) => id)).size).toBe(4);
      for (const { body, headers } of received) {
        expect(body).not.toContain('secret words');
        expect(body).not.toContain('"kind":"test"');
        expect(taken.map((each) => each.headers['webhook-id'])).toContain(headers['webhook-id']);
      }
      const done = await client.batches.retrieve(completed.id);
      const told = events.find(({ type }) => type === 'batch.completed')?.data;
      expect(told).toMatchObject({
        output_file_id: done.output_file_id,
        request_counts: done.request_counts,
      });
      const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
      for (const each of taken)
        await expect(unwrap(each, other)).rejects.toBeInstanceOf(InvalidWebhookSignatureError);
    } finally {
      await receiver.stop();
    }
  });

  it('has a secret that is shown once, and the same under one idempotency key', async ({ signal }) => {
    const receiver = await startWebhookReceiver();
    try {
      const { id: input_file_id } = await upload([line('once')]);
      const webhook = { webhook: { url: receiver.url } };
      const create = async () =>
        (await client.batches.create(
          { input_file_id, endpoint, completion_window: '24h', ...webhook },
          { headers: { 'Idempotency-Key': 'one-batch' } },
        )) as NewBatch;
      const created = await create();
      expect((await create()).webhook).toEqual(created.webhook);
      expect(await client.batches.retrieve(created.id)).toMatchObject({ webhook: { url: receiver.url } });
      const [told] = await receiver.received(1, signal);
      const secret = created.webhook?.secret ?? '';
      if (told === undefined) throw new Error('nobody was told');
      expect(await unwrap(told, secret)).toMatchObject({ type: 'batch.completed', data: { id: created.id } });
      const rows = await cluster.database
        .select({ id: webhookDeliveries.id })
        .from(webhookDeliveries)
        .where(eq(webhookDeliveries.subjectId, created.id));
      expect(rows).toEqual([{ id: told.headers['webhook-id'] }]);
    } finally {
      await receiver.stop();
    }
  });

  it.each([
    ['webhook.url', { url: 'ftp://example.com' }],
    ['webhook.secret', { url: 'https://example.com', secret: 'short' }],
    ['webhook.color', { url: 'https://example.com', color: 'red' }],
  ])('is refused at once for a wrong %s', async (param, webhook) => {
    await expect(createBatch([line('a')], { webhook })).rejects.toMatchObject({ status: 400, param });
  });
});
