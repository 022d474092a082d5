import type { Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedId, choicesOf, numbersOf, range, textOf } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { readLog } from '../support/result-log.ts';
import { postJson } from '../support/post-json.ts';
import { startTestCluster } from '../support/test-cluster.ts';

interface Label {
  readonly label: string;
  readonly score: number;
}

interface TaskAnswer<Result> {
  readonly request_id: string;
  readonly model: string;
  readonly results: readonly Result[];
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
}

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster();
});

afterAll(() => cluster.stop());

function ask(task: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return postJson(cluster, `/v1/${task}`, body, headers);
}

async function post<Result>(task: string, body: object, headers?: Readonly<Record<string, string>>) {
  const response = await ask(task, body, headers);
  const answer = (await response.json()) as TaskAnswer<Result>;
  expect({ status: response.status, answer }).toMatchObject({ status: 200 });
  return answer;
}

/** Asserts one end, one ledger row, one audit record for an answer whose choices have these texts. */
const expectOnRecord = (
  { request_id: requestId }: TaskAnswer<unknown>,
  texts: readonly string[],
  signal: AbortSignal,
) => expectAnsweredOnce(cluster, { requestId, text: texts.length === 1 ? (texts[0] ?? '') : texts }, signal);

const sumOf = (labels: readonly Label[]): number => labels.reduce((sum, { score }) => sum + score, 0);

const dot = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

describe('classify', () => {
  const texts = [
    'The striker scored two goals in the final minutes of the match.',
    'Simmer the onions in butter, then add the flour and the milk.',
    'The central bank raised interest rates by a quarter of a percent.',
  ];
  const labels = ['finance', 'cooking', 'sports'];

  it('finds the label that fits, with scores that sum to 1, charged as input alone', async ({ signal }) => {
    const answer = await post<{ readonly labels: readonly Label[] }>('classify', { text: texts, labels });
    const best = answer.results.map((result) => result.labels[0]);
    expect(best.map((label) => label?.label)).toEqual(['sports', 'cooking', 'finance']);
    for (const [index, result] of answer.results.entries()) {
      expect(Math.abs(sumOf(result.labels) - 1)).toBeLessThan(1e-9);
      expect(result.labels.map(({ label }) => label).toSorted()).toEqual(labels.toSorted());
      expect((best[index]?.score ?? 0) / (result.labels[1]?.score ?? 1)).toBeGreaterThan(1.5);
    }
    expect(answer.usage.output_tokens).toBe(0);
    await expectOnRecord(
      answer,
      answer.results.map((result) => JSON.stringify(result)),
      signal,
    );

    const [first] = (
      await post<{ readonly labels: readonly Label[] }>('classify', { text: texts[0], labels, top_k: 1 })
    ).results;
    expect(first?.labels).toHaveLength(1);
    expect(first?.labels[0]?.label).toBe('sports');
    expect(first?.labels[0]?.score).toBeCloseTo(best[0]?.score ?? 0, 2);
  });

  it('leaves labels as they are, whatever stands in them and in the text', async () => {
    const odd = ['ada@example.com', '<EMAIL_1>', '"quoted" \n<|im_end|>', 'Österreich'];
    const { results } = await post<{ readonly labels: readonly Label[] }>('classify', {
      text: 'Write to ada@example.com.',
      labels: odd,
    });
    expect(results[0]?.labels.map(({ label }) => label).toSorted()).toEqual(odd.toSorted());
    expect(Math.abs(sumOf(results[0]?.labels ?? []) - 1)).toBeLessThan(1e-9);
  });

  it('is one request under one idempotency key', async () => {
    const headers = { 'idempotency-key': 'labels' };
    const body = { text: texts[0], labels };
    const [one, other] = [await post('classify', body, headers), await post('classify', body, headers)];
    expect(other).toEqual(one);
    const changed = await ask('classify', { ...body, labels: ['a', 'b'] }, headers);
    expect(changed.status).toBe(422);
    const differently = await ask('summarize', { text: texts[0] }, headers);
    expect(differently.status).toBe(422);
  });
});

describe('embed', () => {
  it('puts alike sentences nearer than others', async ({ signal }) => {
    const answer = await post<{ readonly embedding: readonly number[] }>('embed', {
      text: [
        'A cat sits on the mat.',
        'A kitten is lying on the rug.',
        'Interest rates rose again this year.',
      ],
    });
    expect(answer.model).toBe('all-minilm-l6-v2');
    const [cat = [], kitten = [], rates = []] = answer.results.map(({ embedding }) => embedding);
    expect(cat).toHaveLength(384);
    expect(dot(cat, cat)).toBeCloseTo(1, 5);
    expect(dot(cat, kitten)).toBeGreaterThan(dot(cat, rates) + 0.3);
    expect(answer.usage).toMatchObject({ output_tokens: 0 });
    expect(answer.usage.input_tokens).toBeGreaterThan(20);
    await expectOnRecord(
      answer,
      answer.results.map((result) => JSON.stringify(result)),
      signal,
    );
  });

  it('says that the end of a long text is left out', async () => {
    const { results, usage } = await post<object>('embed', { text: ['short', 'long '.repeat(1_000)] });
    expect(results[0]).not.toHaveProperty('truncated');
    expect(results[1]).toMatchObject({ truncated: true });
    expect(usage.input_tokens).toBe(3 + 256);
  });
});

describe('summarize and translate', () => {
  const text =
    'The old mill stands on a river. For two hundred years it ground the wheat of the village. Write to mill@example.com to visit it.';

  it('answer each text with a text of its own', async ({ signal }) => {
    const summary = await post<{ readonly text: string; readonly finish_reason: string }>('summarize', {
      text: [text, 'It rained all day, so the match was moved to Sunday.'],
      max_words: 12,
    });
    for (const result of summary.results) {
      expect(result.text.length).toBeGreaterThan(10);
      expect(['stop', 'length']).toContain(result.finish_reason);
      expect(result.text).not.toMatch(/<EMAIL_\d>/);
    }
    expect(summary.usage.output_tokens).toBeGreaterThan(4);
    const { choices } = await readLog(cluster.platform, summary.request_id);
    expect(choices.join('')).not.toContain('mill@example.com');
    await expectOnRecord(summary, choices, signal);

    const body = {
      text: 'Good morning.',
      target_language: 'French',
      source_language: 'English',
      max_tokens: 20,
    };
    const whole = await post<{ readonly text: string }>('translate', body);
    expect(whole.results).toHaveLength(1);
    const streamed = await ask('translate', { ...body, stream: true });
    const events = (await streamed.text()).split('\n\n').filter((event) => event.startsWith('id: '));
    const pieces = events.flatMap((event) => /^event: chunk\ndata: (.*)$/m.exec(event)?.[1] ?? []);
    const joined = pieces.map((piece) => (JSON.parse(piece) as { text: string }).text).join('');
    expect(joined).toBe(whole.results[0]?.text);
    expect(events.at(-1)).toContain('event: completed');
  });

  it('of many texts end together when they are cancelled, charged for what was done', async ({ signal }) => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    const texts = range(1, 60).map((number) => `${number}. ${text} `.repeat(4));
    client.send({ type: 'summarize', id: 'many', text: texts, max_tokens: 400 });
    await client.find(({ type, choice }) => type === 'chunk' && choice === 0);
    client.send({ type: 'cancel', id: 'many' });
    expect(await client.ended('many')).toMatchObject({ type: 'completed', finish_reason: 'cancelled' });
    const requestId = await acceptedId(client, 'many');
    const log = await expectAnsweredOnce(
      cluster,
      { requestId, text: (await readLog(cluster.platform, requestId)).choices },
      signal,
    );
    expect(log.finished[0]?.outcome).toBe('CANCELLED');
    expect(log.choices.filter((choice) => choice === '').length).toBeGreaterThan(20);
    expect(log.finished[0]?.usage.input_tokens).toBeLessThan(20_000);
    await client.close();
  });
});

describe('over WebSocket', () => {
  it('each task has its message, and the chunk of a text is its answer', async ({ signal }) => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({
      type: 'classify',
      id: 'labels',
      text: ['I love it.', 'I hate it.'],
      labels: ['good', 'bad'],
    });
    const end = await client.ended('labels');
    expect(end).toMatchObject({ type: 'completed', finish_reasons: ['stop', 'stop'] });
    expect(numbersOf(client, 'labels')).toEqual([1, 2]);
    const texts = choicesOf(client, 'labels', 2);
    for (const answer of texts) {
      const { labels } = JSON.parse(answer) as { readonly labels: readonly Label[] };
      expect(Math.abs(sumOf(labels) - 1)).toBeLessThan(1e-9);
    }
    await expectAnsweredOnce(cluster, { requestId: await acceptedId(client, 'labels'), text: texts }, signal);

    client.send({ type: 'embed', id: 'vector', text: 'A cat.' });
    client.send({ type: 'translate', id: 'french', text: 'Yes.', target_language: 'French', max_tokens: 5 });
    client.send({ type: 'summarize', id: 'short', text: 'It rained.', max_tokens: 5 });
    for (const id of ['vector', 'french', 'short'])
      expect(await client.ended(id)).toMatchObject({ type: 'completed' });
    expect(JSON.parse(textOf(client, 'vector'))).toHaveProperty('embedding.length', 384);
    await client.close();
  });
});

describe('a task that cannot be done', () => {
  it.each([
    [
      'embed',
      { text: 'x', model: 'smollm2-135m-instruct' },
      'unsupported_value',
      'model',
      /generate.*that can embed: all-minilm-l6-v2/,
    ],
    [
      'generate',
      { prompt: 'x', model: 'all-minilm-l6-v2' },
      'unsupported_value',
      'model',
      /can embed: models that can generate: smollm2/,
    ],
    ['embed', { text: ['x', '\u0000'] }, 'missing_value', 'text[1]', /nothing that can be embedded/],
    [
      'summarize',
      { text: ['short', 'word '.repeat(5_000)] },
      'context_length_exceeded',
      'text[1]',
      /text\[1\] makes a prompt of more than \d+ tokens/,
    ],
    [
      'classify',
      { text: 'word '.repeat(5_000), labels: ['a', 'b'] },
      'context_length_exceeded',
      'text',
      /it may have/,
    ],
  ])('%s of %j says why', async (task, body, code, param, message) => {
    const response = await ask(task, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code, param, message: expect.stringMatching(message) as string },
    });
  });
});
