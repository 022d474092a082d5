import { defaultTenant, type Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedId, numbersOf, range, textOf } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { readClosings } from '../support/result-log.ts';
import { postJson } from '../support/post-json.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const question = { prompt: 'What is the capital of France?', temperature: 0 };
/** The model says it word for word, in placeholders. */
const personal = 'The IBAN is DE89370400440532013000, the phone is +49 30 901820, the address is 10.0.0.7.';

interface Answer {
  readonly request_id: string;
  readonly text: string;
  readonly finish_reason: string;
}

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster();
});

afterAll(() => cluster.stop());

function post(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return postJson(cluster, '/v1/generate', body, headers);
}

describe('a prompt', () => {
  it('is answered over the WebSocket, while the answer is generated, charged and recorded once', async ({
    signal,
  }) => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({ type: 'generate', id: 'one', ...question });
    const end = await client.ended('one');

    expect(end).toMatchObject({ type: 'completed', finish_reason: 'stop', usage: { input_tokens: 27 } });
    expect(textOf(client, 'one')).toContain('Paris');
    const chunks = numbersOf(client, 'one');
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks).toEqual(range(1, end.seq ?? 0));
    const { time_to_first_token_ms: first, total_ms: total } = end['timings'] as Record<string, number>;
    expect(first).toBeGreaterThan(0);
    expect(total).toBeGreaterThan(first ?? Number.NaN);

    const requestId = await acceptedId(client, 'one');
    await expectAnsweredOnce(cluster, { requestId, text: textOf(client, 'one') }, signal);
    const [closing] = await readClosings(cluster.platform, defaultTenant, requestId);
    expect(closing?.trail.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual([
      'edge accepted',
      'auth-quota admitted',
      'pii clean',
      'inference completed',
    ]);
    await client.close();
  });

  it('is answered over HTTP as JSON and as server-sent events, with the same words', async ({ signal }) => {
    const response = await post(question);
    expect(response.status).toBe(200);
    const answer = (await response.json()) as Answer;
    expect(answer).toMatchObject({ finish_reason: 'stop' });
    expect(answer.text).toContain('Paris');
    expect(response.headers.get('x-request-id')).toBe(answer.request_id);
    await expectAnsweredOnce(cluster, { requestId: answer.request_id, text: answer.text }, signal);

    const streamed = await post({ ...question, stream: true });
    expect(streamed.headers.get('content-type')).toMatch(/^text\/event-stream/u);
    const events = readEvents(await streamed.text());
    const chunks = events.filter(({ event }) => event === 'chunk').map(({ data }) => data);
    const last = events.at(-1);
    expect(chunks.map(({ seq }) => seq)).toEqual(range(1, chunks.length));
    expect(last).toMatchObject({ event: 'completed', data: { finish_reason: 'stop', seq: chunks.length } });
    const text = chunks.map((chunk) => chunk.text ?? '').join('');
    expect(text).toBe(answer.text);
    await expectAnsweredOnce(cluster, { requestId: last?.data.request_id ?? '', text }, signal);
  });

  it('has its personal data back in the answer, and the engine never had it', async ({ signal }) => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    const prompt = `Repeat after me: ${personal}`;
    client.send({ type: 'generate', id: 'personal', prompt, temperature: 0, max_tokens: 60 });
    await client.ended('personal');
    expect(textOf(client, 'personal')).toBe(personal);

    const requestId = await acceptedId(client, 'personal');
    // The relay restores the text: what is stored and closed has the placeholders.
    const text = 'The IBAN is <IBAN_1>, the phone is <PHONE_1>, the address is <IP_1>.';
    await expectAnsweredOnce(cluster, { requestId, text }, signal);
    const [closing] = await readClosings(cluster.platform, defaultTenant, requestId);
    expect(closing?.trail).toContainEqual(
      expect.objectContaining({
        stage: 'pii',
        outcome: 'masked',
        facts: {
          'IBAN_CODE.replace': '1',
          'IP_ADDRESS.replace': '1',
          'PHONE_NUMBER.replace': '1',
        },
      }),
    );
    await client.close();
  });

  it('with an idempotency key runs once, however often and wherever it is sent', async ({ signal }) => {
    const body = { ...question, max_tokens: 16 };
    const sent = await Promise.all(range(1, 4).map(() => post(body, { 'idempotency-key': 'capital' })));
    const answers = (await Promise.all(sent.map((response) => response.json()))) as Answer[];
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({ type: 'generate', id: 'again', idempotency_key: 'capital', ...body });
    await client.ended('again');

    const requestId = await acceptedId(client, 'again');
    const text = textOf(client, 'again');
    expect(answers.map((answer) => [answer.request_id, answer.text])).toEqual(
      answers.map(() => [requestId, text]),
    );
    const log = await expectAnsweredOnce(cluster, { requestId, text }, signal);
    expect(log.history).toEqual(['OPENED 0', 'CHUNK 1', 'FINISHED 1']);
    const other = await post({ ...body, prompt: 'Another.' }, { 'idempotency-key': 'capital' });
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
    await client.close();
  });

  it('with a seed has the same answer each time, and with another seed another one', async () => {
    const body = { prompt: 'Tell a story about a mill.', temperature: 1, max_tokens: 30 };
    const ask = async (seed: number): Promise<string> =>
      ((await (await post({ ...body, seed })).json()) as Answer).text;
    const [first, second, other] = await Promise.all([ask(7), ask(7), ask(8)]);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });
});

interface ServerSentEvent {
  readonly event: string;
  readonly data: Partial<Answer> & { readonly seq?: number };
}

function readEvents(body: string): readonly ServerSentEvent[] {
  return body
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/su, 2) as [string, string]));
      return { event: fields.get('event') ?? '', data: JSON.parse(fields.get('data') ?? '{}') as object };
    });
}
