import OpenAI, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  UnprocessableEntityError,
} from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { and, eq } from '@millrace/store/sql';
import { createApiKey } from '@millrace/control-plane';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { quotas } from '@millrace/store';
import { range } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { readClosings } from '../support/result-log.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const model = 'smollm2-135m-instruct';
const ask = (content: string, limit: number) => ({
  model,
  messages: [{ role: 'user' as const, content }],
  temperature: 0,
  seed: 1,
  max_completion_tokens: limit,
});
const brief = ask('What is the capital of France?', 8);
const story = ask('Tell me a very long story about a mill on a river.', 1_500);
const streamedStory = { ...story, stream: true as const };

/** Requests of the model that are admitted at once. */
const maxQueue = 2;

let cluster: Cluster;
let client: OpenAI;

beforeAll(async () => {
  cluster = await startTestCluster({ env: { MILLRACE_MAX_QUEUE: String(maxQueue) } });
  client = clientOf(cluster, { maxRetries: 10 });
});

afterAll(() => cluster.stop());

type ClientOptions = NonNullable<ConstructorParameters<typeof OpenAI>[0]>;

/** The package as it comes from npm, pointed at Millrace. */
function clientOf(at: Pick<Cluster, 'apiKey' | 'ingressUrl'>, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ apiKey: at.apiKey, baseURL: `${at.ingressUrl}/v1`, maxRetries: 0, ...options });
}

/** One that tries again, and is watched as it does. */
function watchedClient(
  at: Pick<Cluster, 'apiKey' | 'ingressUrl'>,
  maxRetries: number,
  onAnswer: (status: number) => void = () => undefined,
): { readonly client: OpenAI; readonly statuses: readonly number[] } {
  const statuses: number[] = [];
  const watched = clientOf(at, {
    maxRetries,
    async fetch(input, init) {
      const response = await fetch(input, init);
      statuses.push(response.status);
      onAnswer(response.status);
      return response;
    },
  });
  return { client: watched, statuses };
}

const requestOf = (id: string): string => id.slice(id.indexOf('-') + 1);

const expectCancelled = (id: string): Promise<void> =>
  expect
    .poll(() => readClosings(cluster.platform, defaultTenant, requestOf(id)), { timeout: 60_000 })
    .toMatchObject([{ outcome: 'CANCELLED' }]);

describe('an error has the class that the package gives it', () => {
  it.each([
    [
      'a wrong value',
      BadRequestError,
      'invalid_value',
      () => client.chat.completions.create({ ...brief, temperature: 3 }),
    ],
    [
      'a key that is none',
      AuthenticationError,
      'invalid_api_key',
      () => clientOf({ ...cluster, apiKey: 'wrong' }).models.list(),
    ],
    [
      'a model that is not there',
      NotFoundError,
      'model_not_found',
      () => client.chat.completions.create({ ...brief, model: 'gpt-4o' }),
    ],
    ['a model that is looked up', NotFoundError, 'model_not_found', () => client.models.retrieve('gpt-4o')],
    ['a file that is gone', NotFoundError, 'request_not_found', () => client.files.retrieve('file-none')],
    ['an idempotency key of another request', UnprocessableEntityError, 'idempotency_key_reused', reuseKey],
  ])('%s', async (_, errorClass, code, call) => {
    const error: unknown = await Promise.resolve(call()).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({ code, requestID: expect.any(String) as string });
  });

  it('a gateway that is not there, and an answer that takes too long', async () => {
    const nobody = clientOf({ apiKey: 'any', ingressUrl: 'http://127.0.0.1:9' });
    await expect(nobody.models.list()).rejects.toBeInstanceOf(APIConnectionError);
    const late = client.chat.completions.create(story, { timeout: 500, maxRetries: 0 });
    await expect(late).rejects.toBeInstanceOf(APIConnectionTimeoutError);
  });

  it('a stream that breaks off: never a reason to have stopped', async () => {
    const reasons: unknown[] = [];
    const read = async (timeoutMs: number): Promise<void> => {
      const asked = { ...streamedStory, timeout_ms: timeoutMs };
      for await (const { choices } of await client.chat.completions.create(asked, { maxRetries: 0 }))
        reasons.push(choices[0]?.finish_reason);
    };
    let error: unknown;
    // The deadline has to come behind the first chunk, however slow the machine is.
    for (let timeoutMs = 500; reasons.length === 0; timeoutMs *= 2)
      error = await read(timeoutMs).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'deadline_exceeded' });
    expect(reasons.every((reason) => reason === null)).toBe(true);
  });
});

async function reuseKey(): Promise<unknown> {
  const headers = { 'Idempotency-Key': 'one-request' };
  await client.chat.completions.create(brief, { headers });
  return client.chat.completions.create({ ...brief, max_completion_tokens: 2 }, { headers });
}

const quotaOf = (keyId: string) => and(eq(quotas.scope, 'key'), eq(quotas.subject, keyId));

/** Requests of an API key that are admitted and have not ended. */
async function inFlight(keyId: string): Promise<number | undefined> {
  const [row] = await cluster.database.select().from(quotas).where(quotaOf(keyId));
  return row?.inFlight;
}

describe('what may succeed later is tried again by the package itself', () => {
  it('a gateway that is killed under a request with an idempotency key: answered and charged once', async ({
    signal,
  }) => {
    const { keyId, key: apiKey } = await createApiKey(cluster.database, { tenant: defaultTenant });
    const { client: patient, statuses } = watchedClient({ ...cluster, apiKey }, 20);
    const long = ask('Tell me a story about a mill.', 200);
    const headers = { 'Idempotency-Key': 'survives' };
    const answer = patient.chat.completions.create(long, { headers });
    await expect.poll(() => inFlight(keyId), { timeout: 60_000 }).toBe(1);
    await cluster.process('ingress').restart();
    const { id, choices } = await answer;
    expect(statuses).toEqual([200]);
    const text = choices[0]?.message.content ?? '';
    await expectAnsweredOnce(cluster, { requestId: requestOf(id), text }, signal);
  });

  it('a model with a full queue', async () => {
    const running = new AbortController();
    const streams = await Promise.all(
      range(1, maxQueue).map(() => client.chat.completions.create(streamedStory, { signal: running.signal })),
    );
    const refused: unknown = await clientOf(cluster)
      .chat.completions.create(brief)
      .catch((cause: unknown) => cause);
    expect(refused).toBeInstanceOf(InternalServerError);
    expect(refused).toMatchObject({ status: 503, code: 'overloaded' });
    const { client: patient, statuses } = watchedClient(cluster, 10, (status) => {
      if (status === 503) running.abort();
    });
    await patient.chat.completions.create(brief);
    expect([statuses[0], statuses.at(-1)]).toEqual([503, 200]);
    expect(streams).toHaveLength(maxQueue);
  });

  it('requests in flight, and with a limit of a minute it is told until when', async () => {
    const limited = await startTestCluster({ tenantLimits: { requestsPerMinute: 6, maxInFlight: 1 } });
    const running = new AbortController();
    try {
      await clientOf(limited).chat.completions.create(streamedStory, { signal: running.signal });
      const { client: patient, statuses } = watchedClient(limited, 10, (status) => {
        if (status === 429) running.abort();
      });
      await patient.chat.completions.create(brief);
      expect([statuses[0], statuses.at(-1)]).toEqual([429, 200]);
      const refusal = await limitOf(clientOf(limited));
      expect(refusal.headers?.get('x-ratelimit-remaining-requests')).toBe('0');
      expect(refusal.headers?.get('x-ratelimit-reset-requests')).toMatch(/^(?:\d+ms|(?:\d+m)?\d+s)$/u);
    } finally {
      await limited.stop();
    }
  });

  it('not a quota that is used up', async () => {
    const { keyId, key: apiKey } = await createApiKey(cluster.database, { tenant: defaultTenant });
    await cluster.database.update(quotas).set({ tokensPerMonth: 1 }).where(quotaOf(keyId));
    const { client: poor, statuses } = watchedClient({ ...cluster, apiKey }, 5);
    const error: unknown = await poor.chat.completions.create(brief).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ code: 'insufficient_quota' });
    expect(statuses).toEqual([429]);
  });
});

/** Asks until the limit of a minute is reached: a new minute may begin on the way, though not twice. */
async function limitOf(asking: OpenAI): Promise<RateLimitError> {
  for (const _ of range(1, 24)) {
    try {
      await asking.chat.completions.create({ ...brief, max_completion_tokens: 1 });
    } catch (error) {
      if (error instanceof RateLimitError && error.code === 'rate_limit_exceeded') return error;
      if (!(error instanceof RateLimitError)) throw error;
    }
  }
  throw new Error('The limit was never reached.');
}

describe('a client that leaves stops its request', () => {
  it('by its signal, and by leaving the loop of a stream', async () => {
    const controller = new AbortController();
    const aborted = await client.chat.completions.create(streamedStory, { signal: controller.signal });
    const ids = new Set<string>();
    for await (const chunk of aborted) {
      ids.add(chunk.id);
      if (chunk.choices[0]?.delta.content !== '') controller.abort();
    }
    for await (const chunk of await client.chat.completions.create(streamedStory)) {
      ids.add(chunk.id);
      if (chunk.choices[0]?.delta.content !== '') break;
    }
    expect(ids.size).toBe(2);
    for (const id of ids) await expectCancelled(id);
  });

  it('before it was sent, and nothing is', async () => {
    const { client: watched, statuses } = watchedClient(cluster, 0);
    const signal = AbortSignal.abort();
    await expect(watched.chat.completions.create(brief, { signal })).rejects.toBeInstanceOf(
      APIUserAbortError,
    );
    expect(statuses).toEqual([]);
  });

  it('of a response that is kept, which is cancelled then', async () => {
    const controller = new AbortController();
    const asked = { model, input: 'Tell me a very long story.', max_output_tokens: 1_500 };
    const stream = await client.responses.create({ ...asked, stream: true }, { signal: controller.signal });
    let id = '';
    for await (const event of stream) {
      if (event.type === 'response.created') id = event.response.id;
      if (event.type === 'response.output_text.delta') controller.abort();
    }
    await expect
      .poll(async () => (await client.responses.retrieve(id)).status, { timeout: 60_000 })
      .toBe('cancelled');
  });
});
