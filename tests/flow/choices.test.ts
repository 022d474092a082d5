import { defaultTenant, type Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedId, choicesOf, numbersOf, range } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { readClosings } from '../support/result-log.ts';
import { postJson } from '../support/post-json.ts';
import { startTestCluster } from '../support/test-cluster.ts';

interface Token {
  readonly token: string;
  readonly bytes: readonly number[];
  readonly logprob: number;
  readonly top_logprobs: readonly Omit<Token, 'top_logprobs'>[];
}

interface Answer {
  readonly request_id: string;
  readonly text: string;
  readonly logprobs?: readonly Token[];
  readonly choices?: readonly {
    readonly index: number;
    readonly text: string;
    readonly finish_reason: string;
    readonly logprobs?: readonly Token[];
  }[];
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
}

const story = {
  prompt: 'Tell a story about a mill on a river.',
  temperature: 1,
  min_p: 0.02,
  repetition_penalty: 1.1,
  presence_penalty: 0.2,
  frequency_penalty: 0.2,
  seed: 11,
  max_tokens: 24,
};

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster();
});

afterAll(() => cluster.stop());

async function post(body: object): Promise<Answer> {
  const response = await postJson(cluster, '/v1/generate', body);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

const textOfTokens = (tokens: readonly Token[] = []): string =>
  Buffer.from(tokens.flatMap(({ bytes }) => bytes)).toString('utf8');

describe('an answer of three choices', () => {
  it('is the same over WebSocket and HTTP, each choice that of its own seed, the prompt charged once', async ({
    signal,
  }) => {
    const body = { ...story, n: 3, logprobs: true, top_logprobs: 2 };
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({ type: 'generate', id: 'three', ...body });
    const end = await client.ended('three');
    expect(end).toMatchObject({ type: 'completed', finish_reasons: [1, 2, 3].map(() => expect.any(String)) });
    expect(numbersOf(client, 'three')).toEqual(range(1, end.seq ?? 0));
    const texts = choicesOf(client, 'three', 3);
    expect(new Set(texts).size).toBe(3);
    const requestId = await acceptedId(client, 'three');
    await expectAnsweredOnce(cluster, { requestId, text: texts }, signal);
    const [closing] = await readClosings(cluster.platform, defaultTenant, requestId);
    expect(closing?.finish_reasons).toEqual(end['finish_reasons']);
    await client.close();

    const answer = await post(body);
    expect(answer.choices?.map(({ text }) => text)).toEqual(texts);
    expect(answer.choices?.map(({ finish_reason }) => finish_reason)).toEqual(end['finish_reasons']);
    expect(answer.text).toBe(texts[0]);
    const whole = (answer.choices ?? []).filter(({ finish_reason }) => finish_reason === 'length');
    expect(whole.map(({ logprobs }) => textOfTokens(logprobs))).toEqual(whole.map(({ text }) => text));
    for (const { logprobs } of answer.choices ?? []) {
      for (const { logprob, top_logprobs } of logprobs ?? []) {
        expect(logprob).toBeLessThanOrEqual(top_logprobs[0]?.logprob ?? 0);
        expect(top_logprobs).toHaveLength(2);
      }
    }

    const single = await post({ ...story, seed: 12 });
    expect(single.choices).toBeUndefined();
    expect(single.logprobs).toBeUndefined();
    expect(single.text).toBe(texts[1]);
    expect(answer.usage.input_tokens).toBe(single.usage.input_tokens);
  });

  it('ends with all of its choices when it is cancelled', async ({ signal }) => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({ type: 'generate', id: 'long', ...story, n: 3, max_tokens: 1_500 });
    await client.find(({ type, choice }) => type === 'chunk' && choice === 2);
    client.send({ type: 'cancel', id: 'long' });
    expect(await client.ended('long')).toMatchObject({ type: 'completed', finish_reason: 'cancelled' });
    const requestId = await acceptedId(client, 'long');
    const log = await expectAnsweredOnce(cluster, { requestId, text: choicesOf(client, 'long', 3) }, signal);
    expect(log.finished[0]?.outcome).toBe('CANCELLED');
    await client.close();
  });
});

describe('a sampling parameter', () => {
  it('changes the answer: a penalty ends a repetition, a bias bans what would come', async () => {
    const repeat = {
      prompt: 'Repeat the word mill forever: mill mill mill mill',
      temperature: 0,
      max_tokens: 24,
    };
    const plain = await post({ ...repeat, logprobs: true });
    const penalised = await post({ ...repeat, repetition_penalty: 1.5, frequency_penalty: 2 });
    expect(penalised.text).not.toBe(plain.text);
    const other = await post({ ...repeat, presence_penalty: 2 });
    expect(other.text).not.toBe(plain.text);
  });

  it('of a token that the model does not have is refused with the field that names it', async () => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({ type: 'generate', id: 'biased', ...story, logit_bias: { 999999: 5 } });
    expect(await client.ended('biased')).toMatchObject({
      type: 'error',
      code: 'invalid_value',
      param: 'logit_bias',
      seq: 0,
    });
    const tools = [{ type: 'function', function: { name: 'weather' } }];
    client.send({ type: 'generate', id: 'tools', ...story, tools });
    expect(await client.ended('tools')).toMatchObject({ code: 'unsupported_value', param: 'tools' });
    client.send({ type: 'generate', id: 'late', ...story, max_tokens: 1_500, timeout_ms: 1 });
    expect(await client.ended('late')).toMatchObject({ type: 'error', code: 'deadline_exceeded' });
    await client.close();
  });
});
