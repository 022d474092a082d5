import { randomBytes, randomUUID } from 'node:crypto';
import { connectNats } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions } from '@millrace/contracts';
import {
  createIdGenerator,
  createLogger,
  createMetrics,
  stopInReverse,
  systemClock,
  systemRandom,
  type Stoppable,
} from '@millrace/runtime';
import { createSealing, type KeyStore } from '@millrace/sealing';
import { createBucketKeyStore, type StageDependencies } from '@millrace/stage';
import {
  apiKeys,
  batches,
  batchLines,
  claims,
  filePieces,
  files,
  jobs,
  keptAnswers,
  ledger,
  memberships,
  tenants,
  trainingExamples,
  users,
  webhookDeliveries,
} from '@millrace/store';
import { startTestDatabase, startTestNats, type TestNats } from '@millrace/testkit';
import type { PersonalDataDependencies } from './data-subject.ts';

export const never = new AbortController().signal;

/** What every content of the tests has in it. */
export const secret = 'QUICKSILVER-7731';

/** PostgreSQL and a nats-server with two tenants, `acme` and `other`, and two users of acme, `usr_anna` and `usr_bert`. */
export interface PersonalDataTest extends Stoppable {
  readonly dependencies: PersonalDataDependencies & StageDependencies;
  /** The same in another process. */
  readonly elsewhere: StageDependencies & { readonly keyStore: KeyStore };
  readonly masterKey: Uint8Array;
  readonly nats: TestNats;
  readonly databaseUrl: string;
}

export async function startPersonalDataTest(): Promise<PersonalDataTest> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const store = keep(await startTestDatabase());
  const nats = keep(await startTestNats());
  const codec = createCodec();
  const logger = createLogger({ service: 'test', level: 'silent' });
  const masterKey = randomBytes(32);
  const connect = async () => {
    const bus = keep(await connectNats({ url: nats.url, name: 'test', logger }));
    await bus.provision(streamDefinitions(), bucketDefinitions);
    const keyStore = createBucketKeyStore({ bus, codec });
    const sealing = keep(await createSealing(masterKey, keyStore));
    return { bus, codec, sealing, clock: systemClock, logger, metrics: createMetrics(), keyStore };
  };
  const own = await connect();
  const { database } = store;
  await database.insert(tenants).values(['acme', 'other'].map((id) => ({ id, name: `${id} Ltd` })));
  await database.insert(users).values(
    ['usr_anna', 'usr_bert'].map((id) => ({
      id,
      organisation: 'default',
      kind: 'person',
      subject: id,
      issuer: 'https://idp',
    })),
  );
  await database
    .insert(memberships)
    .values(['usr_anna', 'usr_bert'].map((user) => ({ user, tenant: 'acme', role: 'developer' })));
  await database.insert(apiKeys).values(
    [
      { id: 'k-acme', tenant: 'acme', user: null },
      { id: 'k-anna', tenant: 'acme', user: 'usr_anna' },
      { id: 'k-bert', tenant: 'acme', user: 'usr_bert' },
      { id: 'k-other', tenant: 'other', user: null },
    ].map((key) => ({ ...key, name: `key of ${key.id}`, hash: Buffer.alloc(32), roles: ['developer'] })),
  );
  const nextId = createIdGenerator(systemClock, systemRandom);
  return {
    dependencies: { ...own, database, nextId },
    elsewhere: await connect(),
    masterKey,
    nats,
    databaseUrl: store.url,
    stop: () => stopInReverse(parts),
  };
}

/** What was written for an owner: one row of each table, and a ledger row. */
export interface Written {
  readonly requestId: string;
  readonly jobId: string;
  readonly fileId: string;
  readonly batchId: string;
}

/** Writes one of everything that is kept for a tenant or user. */
export async function writeOneOfEach(
  { database, sealing, nextId }: PersonalDataDependencies,
  tenant: string,
  user: string | null,
  changes: { readonly createdAt?: Date; readonly isJobOpen?: boolean } = {},
): Promise<Written> {
  const box = await sealing.forUser(tenant, user);
  const seal = (context: string, value: unknown = { text: secret }): Uint8Array =>
    box.seal(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), context);
  const { createdAt = new Date() } = changes;
  const later = new Date(createdAt.getTime() + 30 * 24 * 60 * 60_000);
  const id = (prefix: string): string => prefix + nextId().replaceAll('-', '');
  const [jobId, fileId, batchId, webhookId] = [id('job_'), id('file-'), id('batch_'), id('msg_')];
  const requestId = randomUUID();
  const keyId = user === null ? `k-${tenant}` : user.replace('usr_', 'k-');
  const owner = { tenant, keyId, user };
  await database.insert(jobs).values({
    ...owner,
    id: jobId,
    roles: ['developer'],
    kind: 'job',
    endpoint: '/v1/chat/completions',
    priority: 'NORMAL',
    status: 'completed',
    request: seal(`${jobId}:request`, { body: { messages: [{ role: 'user', content: secret }] } }),
    result: seal(`${jobId}:result`, { answer: { text: secret } }),
    requestId,
    createdAt,
    endedAt: createdAt,
    notBefore: createdAt,
    deadlineAt: later,
    retentionMs: later.getTime() - createdAt.getTime(),
    removeAt: later,
  });
  await database.insert(files).values({
    ...owner,
    id: fileId,
    purpose: 'batch',
    name: seal(`${fileId}:name`, `${secret}.jsonl`),
    bytes: secret.length,
    createdAt,
    completedAt: createdAt,
    expiresAt: later,
  });
  await database.insert(filePieces).values({ fileId, number: 1, content: seal(`${fileId}:1`, secret) });
  await database.insert(batches).values({
    ...owner,
    id: batchId,
    roles: ['developer'],
    endpoint: '/v1/chat/completions',
    priority: 'LOW',
    completionWindow: '24h',
    status: 'in_progress',
    inputFileId: fileId,
    details: seal(`${batchId}:details`, { metadata: { about: secret }, outputRetentionMs: 1_000 }),
    createdAt,
    expiresAt: later,
    leaseUntil: later,
  });
  await database.insert(batchLines).values({
    batchId,
    number: 1,
    status: 'completed',
    request: seal(`${batchId}:1:request`, { customId: 'one', body: { text: secret } }),
    result: seal(`${batchId}:1:result`, { text: secret }),
  });
  await database.insert(webhookDeliveries).values({
    id: webhookId,
    tenant,
    subjectId: jobId,
    target: seal(`${webhookId}:target`, { url: `https://${secret}.example`, secret: 'whsec_' }),
    payload: seal(`${webhookId}:payload`, { type: 'job.completed' }),
    createdAt,
    nextAt: createdAt,
  });
  const key = randomBytes(32);
  await database.insert(keptAnswers).values({
    key,
    tenant,
    user,
    digest: seal(`${key.toString('hex')}:digest`, 'digest'),
    status: 200,
    answer: seal(`${key.toString('hex')}:answer`),
    createdAt,
    leaseUntil: later,
    expiresAt: later,
  });
  await database.insert(trainingExamples).values({
    ...owner,
    requestId,
    model: 'model',
    content: seal(`${requestId}:example`, { messages: [{ role: 'user', content: secret }] }),
    createdAt,
    expiresAt: later,
  });
  await database.insert(ledger).values({
    entryId: randomUUID(),
    entryNumber: Number(BigInt(`0x${requestId.slice(0, 8)}`)),
    requestId,
    tenant,
    keyId,
    user,
    model: 'model',
    outcome: 'COMPLETED',
    inputTokens: 1,
    cachedInputTokens: 0,
    outputTokens: 2,
    amount: '0.5',
    currency: 'EUR',
    closedAt: createdAt,
    chargedAt: createdAt,
  });
  return { requestId, jobId, fileId, batchId };
}

/** A request that was admitted and is under way. */
export async function openClaim(
  { database }: PersonalDataDependencies,
  tenant: string,
  user: string | null,
): Promise<string> {
  const requestId = randomUUID();
  await database.insert(claims).values({
    requestId,
    tenant,
    user,
    model: 'model',
    decidedAt: new Date(),
    deadlineAt: new Date(Date.now() + 60_000),
    event: new Uint8Array(),
  });
  return requestId;
}
