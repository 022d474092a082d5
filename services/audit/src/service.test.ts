import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  checkReceipt,
  digestOf,
  explain,
  exportChain,
  readSigners,
  recordAct,
  verifyExport,
  verifyTenant,
  type ExportVerification,
  type Trust,
} from '@millrace/audit-log';
import { chainOf, checkpointOf, newSigner } from '@millrace/audit-log/testing';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  controlKeys,
  createCodec,
  streamDefinitions,
  subjects,
  type AuditRecorded,
} from '@millrace/contracts';
import { toPublished } from '@millrace/pricing';
import {
  createLogger,
  createMetrics,
  stopInReverse,
  systemClock,
  systemRandom,
  uuidv7,
  type Stoppable,
} from '@millrace/runtime';
import type { Service, StageDependencies } from '@millrace/stage';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { startTestNats, type TestNats } from '@millrace/testkit';
import { startAudit } from './service.ts';

const codec = createCodec();
const logger = createLogger({ service: 'audit', level: 'silent' });
const clock = systemClock;
const price = {
  model: 'model',
  version: 3,
  modelVersion: null,
  currency: 'EUR',
  inputPerMillion: '1',
  cachedInputPerMillion: null,
  outputPerMillion: '2',
  charactersInPerMillion: '0',
  charactersOutPerMillion: '0',
  perRequest: '0',
  perSecond: '0',
  cachedAnswer: '0',
  validFrom: 0,
  validUntil: null,
};
const actor = { keyId: 'key', userId: 'ada', roles: ['admin'] };

let folder: string;
let nats: TestNats;
let bus: Bus;
const parts: Stoppable[] = [];
const keep = <Part extends Stoppable>(part: Part): Part => {
  parts.push(part);
  return part;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-audit-'));
  nats = keep(await startTestNats());
  bus = keep(await connect());
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const published = { model: 'model', prices: [toPublished(price)], at: clock.now() };
  await bus.bucket('CONTROL').put(controlKeys.price('model'), codec.encode('price.published', published));
}, 60_000);
afterAll(async () => {
  await stopInReverse(parts);
  await rm(folder, { recursive: true });
});

const connect = () => connectNats({ url: nats.url, name: 'audit-test', logger });
const newTenant = () => `tenant.${randomUUID()}`;
const source = () => ({ bus, codec, clock });

interface Replica {
  readonly service: Service;
  readonly metrics: StageDependencies['metrics'];
}

async function start(options: { readonly on?: Bus; readonly keyFile?: string } = {}): Promise<Replica> {
  const metrics = createMetrics();
  const sealing = undefined as never;
  const service = await startAudit(
    { bus: options.on ?? bus, codec, sealing, clock, logger, metrics },
    {
      ackWaitMs: 10_000,
      maxBatch: 64,
      maxDeliveries: 5,
      keyFile: join(folder, options.keyFile ?? 'audit.key'),
      checkpointIntervalMs: 100,
      checkpointFile: join(folder, 'second', 'checkpoints.jsonl'),
    },
  );
  return { service, metrics };
}

const closeOne = (tenant: string, requestId = uuidv7(clock, systemRandom)) =>
  publishClosing(
    bus,
    codec,
    closingOf(tenant, { request_id: requestId, received_at: clock.now() - 4, closed_at: clock.now() }),
  );
const actOn = (tenant: string, more: object = {}) =>
  recordAct(source(), { tenant, actor, action: 'key.create', objectType: 'key', objectId: 'k1', ...more });

async function recordsOf(tenant: string): Promise<AuditRecorded[]> {
  const records: AuditRecorded[] = [];
  for await (const { payload } of bus.read('AUDIT', subjects.recorded(tenant))) {
    records.push(codec.decode('audit.recorded', payload));
  }
  return records;
}

async function signedSize(tenant: string): Promise<number> {
  const last = await bus.lastMessage('CHECKPOINTS', subjects.checkpointed(tenant));
  return last === undefined ? 0 : codec.decode('audit.checkpointed', last.payload).size;
}
const untilSigned = (tenant: string, size: number) =>
  expect.poll(() => signedSize(tenant), { timeout: 30_000 }).toBe(size);

async function verifyOf(tenant: string, more: Partial<Trust> = {}): Promise<ExportVerification> {
  const lines: string[] = [];
  for await (const line of exportChain(source(), tenant)) lines.push(line);
  const trust = { codec, keys: await readSigners({ bus, codec }), ...more };
  return verifyExport(async function* () {
    yield* lines;
  }, trust);
}

it('records closings and acts in one chain, signs it, and says what a request cost', async () => {
  const { service } = await start();
  const tenant = newTenant();
  await closeOne(tenant);
  const actId = await actOn(tenant, { before: {}, after: { roles: 'developer', hash: digestOf('secret') } });
  await closeOne(tenant);
  await untilSigned(tenant, 3);

  const records = await recordsOf(tenant);
  expect(records.map(({ kind, source_stream }) => `${kind} ${source_stream}`).toSorted()).toEqual([
    'act.performed ACTS',
    'request.closed CLOSED',
    'request.closed CLOSED',
  ]);
  const act = records.find(({ kind }) => kind === 'act.performed');
  expect(act).toMatchObject({ subject_id: actId, charge: null });
  expect(codec.decode('act.performed', act?.event ?? new Uint8Array())).toMatchObject({
    action: 'key.create',
    actor: { key_id: 'key', user_id: 'ada', roles: ['admin'] },
    after: { roles: 'developer', hash: expect.stringMatching(/^sha256:[\da-f]{64}$/u) as string },
  });
  const closed = records.filter(({ kind }) => kind === 'request.closed');
  expect(closed.map(({ charge }) => charge)).toEqual([
    { price_version: 3, amount: '0.0000110000', currency: 'EUR' },
    { price_version: 3, amount: '0.0000110000', currency: 'EUR' },
  ]);
  expect(await verifyOf(tenant)).toMatchObject({ records: 3, verified: true, signed: { records: 3 } });
  await service.stop();
});

it('keeps its key for itself, and tells its public one', async () => {
  const { service } = await start();
  await service.stop();
  const file = join(folder, 'audit.key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toContain('-----BEGIN PRIVATE KEY-----');
  expect((await readSigners({ bus, codec })).size).toBeGreaterThan(0);
});

it('refuses a key that is none', async () => {
  await writeFile(join(folder, 'bad.key'), 'no key');
  await expect(start({ keyFile: 'bad.key' })).rejects.toMatchObject({
    code: 'config_invalid',
    param: 'MILLRACE_AUDIT_KEY_FILE',
  });
});

it('explains a request, with a receipt that holds offline', async () => {
  const { service } = await start();
  const tenant = newTenant();
  await closeOne(tenant);
  await untilSigned(tenant, 1);
  const requestId = uuidv7(clock, systemRandom);
  await closeOne(tenant, requestId);
  for (let index = 0; index < 5; index++) await closeOne(tenant);
  await untilSigned(tenant, 7);

  const explanation = await explain(source(), requestId);
  expect(explanation).toMatchObject({
    record: { tenant, sequence: 2, charge: { amount: '0.0000110000' } },
    closing: { outcome: 'COMPLETED', trail: [{ outcome: 'admitted' }], usage: { output_tokens: 4 } },
  });
  const receipt = explanation?.receipt;
  if (receipt === undefined) throw new Error('There is no receipt.');
  const keys = await readSigners({ bus, codec });
  expect(checkReceipt(codec, receipt, keys)).toMatchObject({ record: { subject_id: requestId } });
  expect(await verifyOf(tenant, { receipts: [receipt] })).toMatchObject({ verified: true });
  expect(await explain(source(), requestId, { tenant: 'another' })).toBeUndefined();
  expect(await explain(source(), 'unknown')).toBeUndefined();
  await service.stop();
});

it('records once what was found in an answer, beside the closing, whichever of them comes first', async () => {
  const { service } = await start();
  const tenant = newTenant();
  const requestId = uuidv7(clock, systemRandom);
  const tell = (direction: 'INPUT' | 'OUTPUT', messageId: string) =>
    bus.publish({
      subject: subjects.found(tenant),
      payload: codec.encode('pii.found', {
        request_id: requestId,
        tenant,
        direction,
        findings: [{ type: 'PERSON', action: 'report', count: 2 }],
        at: clock.now(),
      }),
      messageId,
    });
  await tell('INPUT', `${requestId}:in`);
  await tell('OUTPUT', `${requestId}:out`);
  await untilSigned(tenant, 1);
  expect((await explain(source(), requestId))?.record).toBeUndefined();
  await closeOne(tenant, requestId);
  await tell('OUTPUT', `${requestId}:again`);
  await closeOne(tenant);
  await untilSigned(tenant, 3);
  expect((await recordsOf(tenant)).map(({ kind, source_stream }) => `${kind} ${source_stream}`)).toEqual([
    'pii.found FINDINGS',
    'request.closed CLOSED',
    'request.closed CLOSED',
  ]);
  expect(await explain(source(), requestId)).toMatchObject({
    record: { kind: 'request.closed', sequence: 2 },
    findings: {
      record: { sequence: 1 },
      found: { direction: 'OUTPUT', findings: [{ type: 'PERSON', action: 'report', count: 2 }] },
    },
  });
  expect(await verifyOf(tenant)).toMatchObject({ records: 3, verified: true });
  await service.stop();
});

it('keeps each checkpoint in a second place, against which a tail shows that was cut off', async () => {
  const { service } = await start();
  const tenant = newTenant();
  for (let size = 1; size <= 3; size++) {
    await closeOne(tenant);
    await untilSigned(tenant, size);
  }
  const kept = (await readFile(join(folder, 'second', 'checkpoints.jsonl'), 'utf8')).trimEnd().split('\n');
  const lines: string[] = [];
  for await (const line of exportChain(source(), tenant)) lines.push(line);
  const [head, first, second, , ...records] = lines as [string, string, string, string];
  const cut = [head, first, second, ...records.slice(0, 2)];
  const trust = { codec, keys: await readSigners({ bus, codec }) };
  const open = async function* () {
    yield* cut;
  };
  expect(await verifyExport(open, trust)).toMatchObject({ records: 2, verified: true });
  expect(await verifyExport(open, { ...trust, checkpoints: kept })).toMatchObject({
    verified: false,
    firstBroken: { sequence: 3, reason: 'truncated' },
  });
  await service.stop();
});

it('goes on after a restart, and with another key', async () => {
  const tenant = newTenant();
  const before = await start();
  for (let index = 0; index < 4; index++) await closeOne(tenant);
  await untilSigned(tenant, 4);
  await before.service.stop();
  await closeOne(tenant);
  const again = await start();
  await untilSigned(tenant, 5);
  await again.service.stop();
  await closeOne(tenant);
  const rotated = await start({ keyFile: 'rotated.key' });
  await untilSigned(tenant, 6);
  await rotated.service.stop();

  expect(await verifyOf(tenant)).toMatchObject({ records: 6, verified: true });
  const keys = [...(await readSigners({ bus, codec }))];
  expect(keys.length).toBeGreaterThan(1);
  const lastKey = (await verifyOf(tenant)).signed?.keyId;
  const withoutOld = new Map(keys.filter(([keyId]) => keyId === lastKey));
  expect((await verifyOf(tenant, { keys: withoutOld })).brokenCheckpoints[0]).toMatchObject({
    reason: 'unknown_key',
  });
});

it('two replicas write one chain for each tenant, and sign it side by side', async () => {
  const other = await connect();
  const replicas = await Promise.all([start(), start({ on: other, keyFile: 'other.key' })]);
  const tenants = [newTenant(), newTenant()];
  await Promise.all(
    tenants.flatMap((tenant) => [
      ...Array.from({ length: 40 }, () => closeOne(tenant)),
      ...Array.from({ length: 20 }, () => actOn(tenant)),
    ]),
  );
  for (const tenant of tenants) await untilSigned(tenant, 60);
  await stopInReverse([...replicas.map(({ service }) => service), other]);
  for (const tenant of tenants) {
    expect(await verifyTenant(source(), tenant)).toEqual({ records: 60, verified: true });
    const { checkpoints, ...verified } = await verifyOf(tenant);
    expect(verified).toMatchObject({ records: 60, verified: true });
    expect(checkpoints).toBeGreaterThan(0);
  }
});

it('does not sign a chain that does not hold', async () => {
  const { service, metrics } = await start();
  const tenant = newTenant();
  await closeOne(tenant);
  await untilSigned(tenant, 1);
  const [record] = await recordsOf(tenant);
  const forged = codec.encode('audit.recorded', { ...(record as AuditRecorded), sequence: 2 });
  await bus.publish({ subject: subjects.recorded(tenant), payload: forged });
  await expect
    .poll(async () => (await metrics.expose()).body, { timeout: 30_000 })
    .toMatch(/^millrace_audit_checkpoints_refused_total [1-9]/mu);
  expect(await signedSize(tenant)).toBe(1);
  expect(await service.ready()).toBeUndefined();
  await service.stop();
});

it('signs a chain whatever a stranger says of it', async () => {
  const tenant = newTenant();
  const before = await start();
  await closeOne(tenant);
  await untilSigned(tenant, 1);
  await before.service.stop();
  const records = chainOf(codec, 9, tenant);
  const stranger = checkpointOf(codec, newSigner(), records, tenant);
  await bus.publish({ subject: subjects.checkpointed(tenant), payload: stranger });
  const { service } = await start();
  await closeOne(tenant);
  await untilSigned(tenant, 2);
  expect((await verifyOf(tenant)).brokenCheckpoints).toEqual([{ place: 2, size: 9, reason: 'unknown_key' }]);
  await service.stop();
});

it('takes no act that is without a name, too large or holds a secret', async () => {
  await expect(actOn('acme', { action: '' })).rejects.toMatchObject({
    code: 'invalid_value',
    param: 'action',
  });
  await expect(actOn('acme', { after: { text: 'x'.repeat(1_025) } })).rejects.toMatchObject({
    param: 'after.text',
  });
  const key = `mr_${'a'.repeat(11)}_${'b'.repeat(43)}`;
  await expect(actOn('acme', { before: { key } })).rejects.toMatchObject({ param: 'before.key' });
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`f${index}`, '']));
  await expect(actOn('acme', { after: many })).rejects.toMatchObject({ param: 'after' });
});
