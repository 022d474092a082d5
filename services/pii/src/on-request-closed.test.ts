import { randomUUID } from 'node:crypto';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  createCodec,
  streamDefinitions,
  subjects,
  type PiiFound,
  type RequestClosed,
} from '@millrace/contracts';
import { defaultPiiPolicy, type PiiPolicy } from '@millrace/pii-policy';
import { openScriptedWriter, type ScriptedWriter } from '@millrace/relay/testing';
import {
  createLogger,
  createMetrics,
  MillraceError,
  stopInReverse,
  systemClock,
  type Metrics,
  type Stoppable,
} from '@millrace/runtime';
import { createMemoryKeyStore, createSealing, type Sealing } from '@millrace/sealing';
import { openResultLog, resultRecord, sealContent, type StageDependencies } from '@millrace/stage';
import { closingOf, deliverClosings, publishClosing } from '@millrace/stage/testing';
import { startTestNats } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCountThread, type CountThread } from './answers/count-thread.ts';
import { onRequestClosed, type CountingDependencies } from './on-request-closed.ts';
import { createPiiMetrics } from './pii-metrics.ts';

const codec = createCodec();
const parts: Stoppable[] = [];
let bus: Bus;
let sealing: Sealing;
let dependencies: StageDependencies;
let counter: CountThread;

beforeAll(async () => {
  const logger = createLogger({ service: 'pii', level: 'silent' });
  const nats = await startTestNats();
  parts.push(nats);
  bus = await connectNats({ url: nats.url, name: 'pii-test', logger });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  sealing = await createSealing(new Uint8Array(32), createMemoryKeyStore());
  dependencies = { bus, codec, sealing, clock: systemClock, logger, metrics: createMetrics() };
  counter = createCountThread({ clock: systemClock, limitMs: 60_000 });
  parts.push(counter);
}, 60_000);
afterAll(() => stopInReverse(parts));

interface Asked {
  readonly tenant: string;
  readonly requestId: string;
  readonly writer: ScriptedWriter;
}

/** A request whose answer can be written, under the default policy or another. */
async function ask(policy?: Partial<PiiPolicy>): Promise<Asked> {
  const [tenant, requestId] = [`tenant-${randomUUID()}`, randomUUID()];
  const request = { gateway: 'gateway', request_id: requestId, tenant };
  const log = await openResultLog(dependencies, request);
  const at = systemClock.now();
  const { principal, transport, model } = closingOf(tenant);
  const opened = { principal, transport, model, received_at: at, deadline_at: at + 60_000, choices: 1 };
  await log.append(resultRecord(request, { kind: 'OPENED', at, opened }));
  if (policy !== undefined) {
    const masked = { mapping: {}, policy: { ...defaultPiiPolicy, ...policy } };
    const content = sealContent(await sealing.forTenant(tenant), requestId, 'masked', masked);
    await log.append(resultRecord(request, { kind: 'MASKED', at, content }));
  }
  const writer = await openScriptedWriter(dependencies, { gateway: 'gateway', requestId, tenant });
  return { tenant, requestId, writer };
}

interface Counting {
  readonly metrics: Metrics;
  /** Delivers the closing, as often as it is called. */
  deliver(signal?: AbortSignal, age?: number): Promise<void>;
}

async function close(
  { tenant, requestId }: Pick<Asked, 'tenant' | 'requestId'>,
  changes: Partial<RequestClosed> = {},
  counts: CountingDependencies['counter'] = counter,
): Promise<Counting> {
  const metrics = createMetrics();
  const piiMetrics = createPiiMetrics(metrics);
  const handle = onRequestClosed({ ...dependencies, counter: counts, piiMetrics, ackWaitMs: 10_000 });
  await publishClosing(bus, codec, closingOf(tenant, { request_id: requestId, ...changes }));
  const [work] = await deliverClosings(bus, codec, tenant);
  return {
    metrics,
    deliver: (signal = work!.delivery.signal, age = 0) =>
      handle({ ...work!.delivery, storedAt: work!.delivery.storedAt - age, signal }, work!.closing),
  };
}

async function found(tenant: string): Promise<readonly PiiFound[]> {
  const all: PiiFound[] = [];
  for await (const { payload } of bus.read('FINDINGS', subjects.found(tenant)))
    all.push(codec.decode('pii.found', payload));
  return all;
}

async function uncounted({ metrics }: Counting): Promise<readonly string[]> {
  const { body } = await metrics.expose();
  return Array.from(
    body.matchAll(/^millrace_pii_uncounted_answers_total\{reason="(\w+)"/gm),
    ([, reason]) => reason ?? '',
  );
}

const person = { type: 'PERSON', action: 'report', count: 1 };
const mail = { type: 'EMAIL_ADDRESS', action: 'replace', count: 1 };

describe('what is found in an answer', () => {
  it('is told when the request is closed, once, whoever has read it: names that are only reported, too', async () => {
    const asked = await ask();
    await asked.writer.chunk('Ask Dr. Ada Mo');
    await asked.writer.chunk('yo, ada@b.exa');
    await asked.writer.chunk('mple, or <EMAIL_1>.');
    await asked.writer.finish();
    const closing = await close(asked);
    await closing.deliver();
    await closing.deliver();
    const { closed_at: at } = closingOf(asked.tenant);
    expect(await found(asked.tenant)).toEqual([
      {
        request_id: asked.requestId,
        tenant: asked.tenant,
        direction: 'OUTPUT',
        findings: [mail, person],
        at,
      },
    ]);
    expect((await closing.metrics.expose()).body).toContain(
      'millrace_pii_findings_total{direction="output",type="PERSON",action="report"}',
    );
  });

  it('is counted by the policy that went with the request', async () => {
    const asked = await ask({ actions: { PERSON: 'off' }, outputActions: { EMAIL_ADDRESS: 'block' } });
    await asked.writer.chunk('Ask Dr. Ada Moyo, ada@b.example.');
    await (await close(asked, { outcome: 'CANCELLED' })).deliver();
    expect((await found(asked.tenant))[0]?.findings).toEqual([{ ...mail, action: 'block' }]);
  });

  it('is counted once where an attempt started over, and up to where one said something else', async () => {
    const asked = await ask();
    await asked.writer.attempt(1);
    await asked.writer.chunk('ada@b.example, ');
    await asked.writer.attempt(2, 0);
    await asked.writer.chunk('ada@b.example, ');
    await asked.writer.chunk('4111 1111 1111 1111. ');
    await asked.writer.attempt(3, 0);
    await asked.writer.chunk('ben@b.example, ');
    await (await close(asked)).deliver();
    expect((await found(asked.tenant))[0]?.findings).toEqual([
      { type: 'CREDIT_CARD', action: 'replace', count: 1 },
      mail,
    ]);
  });

  it.each([
    ['an answer without any', 'Paris is a capital', {}],
    ['what is rejected', 'ada@b.example', { outcome: 'REJECTED' }],
    ['labels that the client has written', 'ada@b.example', { operation: 'classify' }],
  ] as const)('is nothing in %s', async (_what, text, changes) => {
    const asked = await ask({ actions: { LOCATION: 'off' } });
    await asked.writer.chunk(text);
    const closing = await close(asked, changes);
    await closing.deliver();
    expect([await found(asked.tenant), await uncounted(closing)]).toEqual([[], []]);
  });
});

const failing: CountThread['count'] = async () => {
  throw new MillraceError('pii_unavailable', 'The check failed.', { retryable: true });
};

describe('an answer that is not counted', () => {
  it('is one whose results are gone, or older than they are kept', async () => {
    const gone = await close({ tenant: `tenant-${randomUUID()}`, requestId: randomUUID() });
    await gone.deliver();
    expect(await uncounted(gone)).toEqual(['gone']);
    const asked = await ask();
    await asked.writer.chunk('ada@b.example');
    const old = await close(asked);
    await old.deliver(undefined, 16 * 60_000);
    expect([await uncounted(old), await found(asked.tenant)]).toEqual([['gone'], []]);
  });

  it('is one that cannot be opened, or checked', async () => {
    const corrupt = await ask();
    await corrupt.writer.corruptChunk();
    const closing = await close(corrupt);
    await closing.deliver();
    expect(await uncounted(closing)).toEqual(['unreadable']);
    const asked = await ask();
    await asked.writer.chunk('ada@b.example');
    const failed = await close(asked, {}, { count: failing });
    await failed.deliver();
    expect([await uncounted(failed), await found(asked.tenant)]).toEqual([['failed'], []]);
  });

  it('is tried again where the process stops, or the broker is away', async () => {
    const asked = await ask();
    await asked.writer.chunk('ada@b.example');
    const stopping = AbortSignal.abort(new Error('stops'));
    const closing = await close(asked);
    await expect(closing.deliver(stopping)).rejects.toThrow('stops');
    const away = await close(
      await ask().then(async (other) => (await other.writer.chunk('x@b.example'), other)),
      {},
      {
        count: async () => {
          throw new MillraceError('unavailable', 'The broker is away.', { retryable: true });
        },
      },
    );
    await expect(away.deliver()).rejects.toMatchObject({ code: 'unavailable' });
    expect([await uncounted(closing), await uncounted(away)]).toEqual([[], []]);
  });
});
