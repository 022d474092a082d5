import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Cluster } from '@millrace/embedded';
import {
  answering,
  openStream,
  piece,
  refusing,
  startScriptedUpstream,
  type ScriptedUpstream,
} from '@millrace/providers/scripted-upstream';
import { ledger } from '@millrace/store';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readClosings } from '../support/result-log.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

const price = { currency: 'USD', inputPerMillionTokens: '1', outputPerMillionTokens: '2' };
const messages = [{ role: 'user' as const, content: 'Mail jane@example.com, please.' }];

/** An entry of the file of the providers. */
const provider = (name: string, { baseUrl }: { readonly baseUrl: string }) => ({
  name,
  baseUrl,
  retries: 0,
  firstTokenTimeoutMs: 2_000,
  models: [{ name: `${name}-model`, contextLength: 8_192, price }],
});

let folder: string;
let first: ScriptedUpstream;
let second: ScriptedUpstream;
let cluster: Cluster;
let client: OpenAI;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-routes-'));
  first = await startScriptedUpstream();
  second = await startScriptedUpstream();
  const providers = path.join(folder, 'providers.json');
  const routes = path.join(folder, 'routes.json');
  // Nobody listens on the discard port.
  const nowhere = { baseUrl: 'http://127.0.0.1:9/v1' };
  await writeFile(
    providers,
    JSON.stringify({
      providers: [provider('one', first), provider('two', second), provider('gone', nowhere)],
    }),
  );
  const local = 'instant';
  await writeFile(
    routes,
    JSON.stringify({
      routes: [
        { name: 'chain', targets: [{ model: 'one-model' }], fallbacks: ['gone-model', 'two-model', local] },
        { name: 'lonely', targets: [{ model: 'one-model' }] },
        { name: 'local', targets: [{ model: 'gone-model' }], fallbacks: [local] },
        { name: 'away', targets: [{ model: local }], fallbacks: ['two-model'] },
        {
          name: 'by-length',
          rules: [{ model: 'one-model', when: { maxCharacters: 100 } }, { model: 'two-model' }],
        },
      ],
    }),
  );
  cluster = await startTestCluster({
    env: {
      ...briefAckWait,
      MILLRACE_ENGINE: 'instant',
      MILLRACE_PROVIDERS: providers,
      MILLRACE_ROUTES: routes,
    },
  });
  client = new OpenAI({ apiKey: cluster.apiKey, baseURL: `${cluster.ingressUrl}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await cluster.stop();
  await first.stop();
  await second.stop();
  await rm(folder, { recursive: true });
});

let calls: () => readonly [number, number];
beforeEach(() => {
  const [one, two] = [first.calls.length, second.calls.length];
  calls = () => [first.calls.length - one, second.calls.length - two];
});

const ask = (model: string) => client.chat.completions.create({ model, messages });
const requestOf = (id: string): string => id.slice(id.indexOf('-') + 1);

async function closingOf(requestId: string) {
  await expect.poll(async () => (await readClosings(cluster.platform, 'default', requestId)).length).toBe(1);
  const [closing] = await readClosings(cluster.platform, 'default', requestId);
  return closing;
}

const rowOf = async (requestId: string) =>
  (await cluster.database.select().from(ledger)).find((row) => row.requestId === requestId);

describe('a route', () => {
  it('is listed as a model', async () => {
    expect(await client.models.retrieve('chain')).toMatchObject({ id: 'chain', object: 'model' });
  });

  it('goes by the length of the content', async () => {
    first.react(answering('short'));
    second.react(answering('long'));
    const long = [{ role: 'user' as const, content: 'x'.repeat(200) }];
    const answers = [
      await ask('by-length'),
      await client.chat.completions.create({ model: 'by-length', messages: long }),
    ];
    expect(answers.map(({ choices, model }) => [choices[0]?.message.content, model])).toEqual([
      ['short', 'one-model'],
      ['long', 'two-model'],
    ]);
  });
});

describe('a crash of the providers', () => {
  it('does not send a request to the next model that was sent to the first', async () => {
    const arrived = Promise.withResolvers<void>();
    first.react((response) => {
      openStream(response);
      arrived.resolve();
    });
    second.react(answering('never'), answering('never'));
    const asked = ask('chain').catch((error: unknown) => error);
    await arrived.promise;
    await cluster.process('providers').restart();
    expect(await asked).toMatchObject({ code: 'provider_failed' });
    expect(calls()).toEqual([1, 0]);
  });
});

describe('a request whose answer has begun', () => {
  it('is not passed on: the client gets an error, and pays for what came', async () => {
    first.react((response) => {
      openStream(response);
      response.end(piece('one '));
    });
    second.react(answering('never'));
    const stream = await client.chat.completions.create({ model: 'chain', messages, stream: true });
    let text = '';
    let requestId = '';
    const read = async (): Promise<void> => {
      for await (const chunk of stream) {
        requestId = requestOf(chunk.id);
        text += chunk.choices[0]?.delta.content ?? '';
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'provider_failed' });
    expect(text).toBe('one ');
    expect(calls()).toEqual([1, 0]);
    expect(await closingOf(requestId)).toMatchObject({
      outcome: 'FAILED',
      served_by: null,
      usage: { source: 'ESTIMATE' },
    });
  });
});

describe('a request whose model fails before its answer begins', () => {
  it('fails as the last one has failed where there is no other', async () => {
    first.react(refusing(503));
    await expect(ask('lonely')).rejects.toMatchObject({ status: 502, code: 'provider_failed' });
    expect(calls()).toEqual([1, 0]);
  });

  it('goes on to the next one when the first is silent', async () => {
    first.react((response) => {
      openStream(response);
    });
    second.react(answering('at last'));
    const { choices } = await ask('chain');
    expect(choices[0]?.message.content).toBe('at last');
  });

  it.each([429, 500, 503, 401])('is answered by the next one: %i', async (status) => {
    first.react(refusing(status));
    second.react(answering('Done: ', '<EMAIL_1>', '.'));
    const { choices, model, id } = await ask('chain');
    expect(choices[0]?.message.content).toBe('Done: jane@example.com.');
    expect(model).toBe('two-model');
    // None to the first one once its breaker is open.
    expect(calls()[1]).toBe(1);
    const closing = await closingOf(requestOf(id));
    expect(closing).toMatchObject({ outcome: 'COMPLETED', model: 'one-model', served_by: 'two-model' });
    const rerouted = closing?.trail.filter(({ outcome }) => outcome === 'rerouted');
    expect(rerouted?.map(({ facts, code }) => [facts.from, facts.to, code])).toEqual([
      ['one-model', 'gone-model', 'provider_failed'],
      ['gone-model', 'two-model', 'provider_failed'],
    ]);
    expect(closing?.trail[0]?.facts).toEqual({ route: 'chain' });
    await expect
      .poll(() => rowOf(requestOf(id)))
      .toMatchObject({ model: 'two-model', inputTokens: 7, amount: '0.0000130000' });
  });

  it('is streamed by the next one, without a seam', async () => {
    first.react(refusing(500));
    second.react(answering('one ', 'two'));
    let text = '';
    const models = new Set<string>();
    for await (const chunk of await client.chat.completions.create({
      model: 'chain',
      messages,
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.delta.content) models.add(chunk.model);
    }
    expect(text).toBe('one two');
    // None to the first one once its breaker is open.
    expect(calls()[1]).toBe(1);
  });

  it('is answered by a local model', async () => {
    const { choices, id } = await ask('local');
    expect(choices[0]?.message.content).not.toBe('');
    expect(await closingOf(requestOf(id))).toMatchObject({
      served_by: 'instant',
      usage: { source: 'ENGINE' },
    });
  });

  it('is passed on by a local model that cannot answer it', async () => {
    second.react(answering('here'));
    const long = 'word '.repeat(9_000);
    const { choices, model } = await client.chat.completions.create({
      model: 'away',
      messages: [{ role: 'user', content: long }],
    });
    expect(choices[0]?.message.content).toBe('here');
    expect(model).toBe('two-model');
  });
});
