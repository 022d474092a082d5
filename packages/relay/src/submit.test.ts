import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Bus } from '@millrace/bus';
import { consumerDefinitions, controlKeys } from '@millrace/contracts';
import { startTestNats } from '@millrace/testkit';
import { startRelayTest, submission, type RelayTest } from './relay.fixture.ts';
import { newGatewayName, startRelay } from './start-relay.ts';
import { newTenant, nextScriptedWriter, startTestPlatform, testRelaySettings } from './testing.ts';

let context: RelayTest;

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

beforeAll(async () => {
  context = await startRelayTest(await startTestNats());
});

afterEach(() => context.stopGateways());

afterAll(() => context.stop());

test('what is stored of a request is complete and sealed', async () => {
  const relay = await context.gateway();
  const tenant = newTenant();
  const { requestId } = await relay.submit(submission(tenant));
  const writer = await nextScriptedWriter(context.stage, tenant, new Set());
  expect(writer).toMatchObject({ requestId, gateway: relay.gateway });
  for await (const { payload, headers } of context.stage.bus.read(
    'RECEIVED',
    `mr.request.received.${tenant}`,
  )) {
    expect(Buffer.from(payload).includes('Hello')).toBe(false);
    expect(headers['traceparent']).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    const event = context.stage.codec.decode('request.received', payload);
    expect(event.deadline_at - event.received_at).toBe(testRelaySettings.requestTimeoutMs);
    expect(event.parameters.seed).toBeLessThan(0);
  }
});

test('an unknown model is refused with the names of those there are', async () => {
  const relay = await context.gateway();
  const { generation } = submission('any');
  await expect(
    relay.submit(submission(newTenant(), { generation: { ...generation, model: 'gpt-9' } })),
  ).rejects.toMatchObject({
    code: 'model_not_found',
    message: expect.stringContaining('test-model') as string,
  });
});

test('more tokens than are allowed are refused before anything is stored; a default gives way', async () => {
  const relay = await context.gateway({ maxTokens: 100 });
  const tenant = newTenant();
  const { generation } = submission(tenant);
  const ask = (max_tokens: number, isMaxTokensGiven: boolean) =>
    relay.submit(
      submission(tenant, {
        generation: { ...generation, isMaxTokensGiven, parameters: { ...generation.parameters, max_tokens } },
      }),
    );
  await expect(ask(101, true)).rejects.toMatchObject({
    code: 'invalid_value',
    message: 'max_tokens is 101: it must be a whole number from 1 to 100',
  });
  await ask(256, false);
  const stored: number[] = [];
  for await (const { payload } of context.stage.bus.read('RECEIVED', `mr.request.received.${tenant}`))
    stored.push(context.stage.codec.decode('request.received', payload).parameters.max_tokens);
  expect(stored).toEqual([100]);

  const unlimited = await context.gateway();
  await expect(
    unlimited.submit(
      submission(tenant, {
        generation: { ...generation, parameters: { ...generation.parameters, max_tokens: 2_049 } },
      }),
    ),
  ).rejects.toMatchObject({ message: 'max_tokens is 2049: it must be a whole number from 1 to 2048' });
});

test('what is accepted is stored: both messages are acked before', async () => {
  const dependencies = await context.platform.connect();
  const held = new Map<string, PromiseWithResolvers<undefined>>();
  const bus = withPublish(dependencies.bus, async (message) => {
    const ack = await dependencies.bus.publish(message);
    await held.get(message.subject.split('.')[1] ?? '')?.promise;
    return ack;
  });
  const relay = await startRelay({ ...dependencies, bus, gateway: newGatewayName() }, testRelaySettings);
  try {
    for (const late of ['result', 'request']) {
      const release = Promise.withResolvers<undefined>();
      held.clear();
      held.set(late, release);
      const tenant = newTenant();
      let accepted = false;
      const submit = async (): Promise<void> => {
        await relay.submit(submission(tenant));
        accepted = true;
      };
      const submitted = submit();
      await nextScriptedWriter(context.stage, tenant, new Set());
      await context.stage.bus.streamState('RESULTS');
      expect(accepted).toBe(false);
      release.resolve(undefined);
      await submitted;
    }
  } finally {
    await relay.stop();
  }
});

test('a request whose results could not be opened is refused, and not worked on', async () => {
  const dependencies = await context.platform.connect();
  const bus = withPublish(dependencies.bus, async (message) => {
    if (message.subject.startsWith('mr.result.')) throw new Error('the disk is full');
    return dependencies.bus.publish(message);
  });
  const relay = await startRelay({ ...dependencies, bus, gateway: newGatewayName() }, testRelaySettings);
  try {
    const tenant = newTenant();
    await expect(relay.submit(submission(tenant))).rejects.toMatchObject({ code: 'unavailable' });
    const { requestId } = await nextScriptedWriter(context.stage, tenant, new Set());
    expect(await context.stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId))).toBeDefined();
  } finally {
    await relay.stop();
  }
});

test('a full stage is told with the time to come back, nothing is half accepted, and what was accepted drains', async () => {
  const server = await startTestNats();
  const own = await startTestPlatform(server.url, { receivedMaxMessages: 2, resultsMaxBytes: 2 ** 24 });
  try {
    const dependencies = await own.connect();
    const { bus, codec } = await own.connect();
    const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, testRelaySettings);
    const accepted = new Set<string>();
    for (let index = 0; index < 2; index += 1) {
      accepted.add((await relay.submit(submission(newTenant()))).requestId);
    }
    const tenant = newTenant();
    const overloaded = { code: 'overloaded', retryable: true, retryAfterMs: 1_000 };
    const wanted = submission(tenant, { idempotencyKey: 'key' });
    await expect(relay.submit(submission(newTenant()))).rejects.toMatchObject(overloaded);
    await expect(relay.submit(wanted)).rejects.toMatchObject(overloaded);
    await expect(relay.submit(wanted)).rejects.toMatchObject(overloaded);
    const arrived = new Set<string>();
    const options = { concurrency: 1, maxDeliveries: 3, onPoison: keepQuiet };
    await bus.consume(consumerDefinitions().admission, options, async ({ payload }) => {
      arrived.add(codec.decode('request.received', payload).request_id);
    });
    await vi.waitFor(async () => expect((await bus.streamState('RECEIVED')).messages).toBe(0), 30_000);
    expect(arrived).toEqual(accepted);
    const { requestId } = await relay.submit(wanted);
    accepted.add(requestId);
    expect((await relay.submit(wanted)).requestId).toBe(requestId);
    await vi.waitFor(() => expect(arrived).toEqual(accepted), 30_000);
    await relay.stop();
  } finally {
    await own.stop();
    await server.stop();
  }
});

const keepQuiet = async (): Promise<void> => {};

/** The bus with another way to publish. */
function withPublish(bus: Bus, publish: Bus['publish']): Bus {
  return new Proxy(bus, {
    get(target, key) {
      if (key === 'publish') return publish;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
