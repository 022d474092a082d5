import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, nkeyAuthenticator, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNatsUserKey } from '@millrace/bus';
import {
  answersConsumer,
  natsPermissions,
  natsReaders,
  natsTenantAccount,
  natsUsers,
  natsUsersConfig,
  subjects,
  tenantApiPrefix,
  type NatsUser,
} from '@millrace/contracts';
import { createApiKey, createTenant } from '@millrace/control-plane';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { beginErasure } from '@millrace/personal-data';
import { createIdGenerator, systemClock, systemRandom } from '@millrace/runtime';
import { inTransaction } from '@millrace/store';
import {
  createTestCertificate,
  kafkaIsHere,
  openStream,
  startTestKafka,
  type TestCertificate,
  type TestKafka,
} from '@millrace/testkit';
import { acceptedId, textOf } from '../support/answer.ts';
import { startInstantCluster } from '../support/instant-engine.ts';
import { runPythonExample } from '../support/other-languages.ts';
import { postJson } from '../support/post-json.ts';
import { expectAnsweredOnce } from '../support/proof.ts';

const passwordOf = (user: string): string => `password-of-${user}`;

const upstreamKey = createNatsUserKey();

let certificate: TestCertificate;
let cluster: Cluster;
let kafka: TestKafka | undefined;

beforeAll(async () => {
  certificate = await createTestCertificate();
  if (kafkaIsHere) kafka = await startTestKafka();
  const users = natsUsersConfig(
    (user) => JSON.stringify(passwordOf(user)),
    [`{ user: observer, password: "${passwordOf('observer')}" }`],
    natsTenantAccount(defaultTenant, [upstreamKey.publicKey]),
  );
  cluster = await startInstantCluster({
    natsConfiguration: `tls { cert_file: "${certificate.certFile}", key_file: "${certificate.keyFile}" }\n${users}`,
    env: {
      NATS_CA_FILE: certificate.certFile,
      MILLRACE_AUDIT_CHECKPOINT_INTERVAL: '1s',
      ...(kafka !== undefined && { MILLRACE_KAFKA_BROKERS: kafka.brokers }),
      NATS_USER: 'observer',
      NATS_PASSWORD: passwordOf('observer'),
    },
    envOf: (service) => ({
      NATS_USER: service,
      NATS_PASSWORD: passwordOf(service),
      MILLRACE_PROVISION: service === 'auth-quota' ? 'create' : 'check',
    }),
  });
});

afterAll(async () => {
  await cluster.stop();
  await kafka?.stop();
  await certificate.stop();
});

const logOf = (name: string): Promise<string> =>
  readFile(path.join(cluster.folder.logs, `${name}.log`), 'utf8');

const ask = (method: string, where: string, body?: object): Promise<Response> =>
  fetch(`${cluster.adminUrl}/admin/v1${where}`, {
    method,
    headers: {
      authorization: `Bearer ${cluster.apiKey}`,
      'if-match': '*',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe('with TLS, and a user for each service', () => {
  it('requests are answered, resumed, cancelled, charged and recorded', async ({ signal }) => {
    const response = await postJson(cluster, '/v1/generate', { prompt: 'Hello', max_tokens: 8 });
    expect(response.status).toBe(200);
    const { request_id: requestId, text } = (await response.json()) as { request_id: string; text: string };
    await expectAnsweredOnce(cluster, { requestId, text }, signal);
    const headers = { authorization: `Bearer ${cluster.apiKey}` };
    const receipt = `${cluster.ingressUrl}/v1/requests/${requestId}/receipt`;
    await expect.poll(async () => (await fetch(receipt, { headers })).status, { timeout: 60_000 }).toBe(200);

    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({
      type: 'generate',
      id: 'one',
      prompt: 'Hello again',
      max_tokens: 8,
      idempotency_key: 'key',
    });
    await client.ended('one');
    const streamed = { requestId: await acceptedId(client, 'one'), text: textOf(client, 'one') };
    await expectAnsweredOnce(cluster, streamed, signal);
    await client.close();
    expect((await postJson(cluster, '/v1/requests/cancel', { idempotency_key: 'key' })).status).toBe(202);
  });

  it('jobs are done, and workers say what they do', async () => {
    const created = await postJson(cluster, '/v1/jobs', {
      endpoint: '/v1/generate',
      body: { prompt: 'Hello', max_tokens: 8 },
    });
    const { id } = (await created.json()) as { id: string };
    await expect
      .poll(
        async () => {
          const headers = { authorization: `Bearer ${cluster.apiKey}` };
          const job = await fetch(`${cluster.ingressUrl}/v1/jobs/${id}?wait=10s`, { headers });
          return ((await job.json()) as { status: string }).status;
        },
        { timeout: 30_000 },
      )
      .toBe('completed');
    const headers = { authorization: `Bearer ${cluster.apiKey}` };
    expect((await fetch(`${cluster.ingressUrl}/v1/engine`, { headers })).status).toBe(200);
  });

  it('answers bring their receipts, over HTTP and the WebSocket', async () => {
    const asked = await postJson(
      cluster,
      '/v1/generate',
      { prompt: 'Hello', max_tokens: 2 },
      { 'x-millrace-receipt': 'true' },
    );
    expect(await asked.json()).toMatchObject({ receipt: { format: 'millrace-receipt/1' } });
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({ type: 'generate', id: 'receipted', prompt: 'Hello', max_tokens: 2, receipt: true });
    expect(await client.ended('receipted')).toMatchObject({ receipt: { format: 'millrace-receipt/1' } });
    await client.close();
  });

  it('policies are told, data keys rotated and retired, examples kept, and all that is kept exported', async () => {
    const tenant = `/tenants/${defaultTenant}`;
    const policy = await ask('PATCH', `${tenant}/data-policy`, { training_allowed: true });
    expect(policy.status).toBe(200);
    const chat = { model: 'instant', messages: [{ role: 'user', content: 'Hello' }], consent: true };
    await expect
      .poll(async () => (await postJson(cluster, '/v1/chat/completions', chat)).status, { timeout: 30_000 })
      .toBe(200);
    const examples = async () => (await ask('GET', `${tenant}/training-examples`)).text();
    await expect.poll(examples, { timeout: 30_000 }).toContain('Hello');
    expect((await ask('POST', `${tenant}/data-keys/rotate`, {})).status).toBe(200);
    expect((await ask('POST', `${tenant}/data-keys/retire`, {})).status).toBe(200);
    const exported = (await (await ask('GET', `${tenant}/export`)).text()).trim().split('\n');
    const types = new Set(exported.map((line) => (JSON.parse(line) as { readonly type: string }).type));
    for (const type of ['export', 'job', 'answer', 'training_example', 'audit_record', 'index'])
      expect(types).toContain(type);
  });

  it('erasures are carried out by the administration, and gone on with by the jobs', async () => {
    const tenant = async (id: string, body: object): Promise<Response> => {
      await createTenant(cluster.database, { id });
      const { key: apiKey } = await createApiKey(cluster.database, { tenant: id });
      expect((await postJson({ ...cluster, apiKey }, '/v1/generate', body)).status).toBe(200);
      return ask('GET', `/tenants/${id}/erasures`);
    };
    const completed = async (id: string) => {
      const { data } = (await (await ask('GET', `/tenants/${id}/erasures`)).json()) as {
        readonly data: readonly { readonly completed_at: string | null; readonly removed: object }[];
      };
      return data[0];
    };
    await tenant('erased-at-once', { prompt: 'Hello', max_tokens: 2 });
    expect((await ask('POST', '/tenants/erased-at-once/erasures', {})).status).toBe(202);
    await expect
      .poll(() => completed('erased-at-once'), { timeout: 60_000 })
      .toMatchObject({ completed_at: expect.any(String) as string, removed: { data_keys: 1, api_keys: 1 } });

    await tenant('cut-off', { prompt: 'Hello', max_tokens: 2 });
    // As the administration leaves it when it is killed behind its answer.
    const clock = { ...systemClock, now: () => Date.now() - 10 * 60_000 };
    const nextId = createIdGenerator(systemClock, systemRandom);
    await inTransaction(cluster.database, (transaction) =>
      beginErasure({ clock, nextId }, transaction, { tenant: 'cut-off', user: null }),
    );
    await expect
      .poll(() => completed('cut-off'), { timeout: 120_000, interval: 1_000 })
      .toMatchObject({ completed_at: expect.any(String) as string, removed: { data_keys: 1, api_keys: 1 } });
    for (const id of ['erased-at-once', 'cut-off'])
      expect(await (await ask('GET', `/tenants/${id}`)).json()).toMatchObject({ name: 'erased' });
  }, 240_000);

  it.each(natsUsers.filter((user) => user !== 'mirrors' || kafkaIsHere))(
    '%s was refused nothing that it needs',
    async (user) => {
      expect(await logOf(user)).not.toMatch(/refused something|subscription refused/u);
    },
  );
});

describe('an upstream system of a tenant', () => {
  let upstream: NatsConnection;
  const { stream, durable } = answersConsumer(defaultTenant);

  beforeAll(async () => {
    upstream = await connect({
      servers: cluster.natsUrl.replace('nats://', ''),
      authenticator: nkeyAuthenticator(new TextEncoder().encode(upstreamKey.seed)),
      tls: { caFile: certificate.certFile },
    });
  });

  afterAll(() => upstream.close());

  it('publishes a request to a queue of its tenant, and reads its answer', async () => {
    const payload = JSON.stringify({
      correlation_id: 'from outside',
      input: 'Hello',
      parameters: { max_tokens: 4 },
    });
    await upstream.jetstream().publish(subjects.intake(defaultTenant, 'orders'), payload);
    await expect
      .poll(async () => (await cluster.platform.bus.streamState('ANSWERS')).messages, { timeout: 30_000 })
      .toBe(1);
    const consumer = await upstream.jetstream({ apiPrefix: tenantApiPrefix }).consumers.get(stream, durable);
    const answer = await consumer.next({ expires: 30_000 });
    expect(answer?.json()).toMatchObject({
      kind: 'ANSWER',
      correlation_id: 'from outside',
      tenant: defaultTenant,
    });
    expect(await answer?.ackAck()).toBe(true);
  });

  it('does so with the examples in Python', async () => {
    const seedFile = path.join(cluster.folder.path, 'upstream.seed');
    await writeFile(seedFile, upstreamKey.seed, { mode: 0o600 });
    const env = {
      NATS_URL: cluster.natsUrl,
      NATS_SEED_FILE: seedFile,
      NATS_CA_FILE: certificate.certFile,
    };
    const own = ['--tenant', defaultTenant, '--queue', 'python'];
    const asked = await runPythonExample('ask.py', { args: [...own, 'Hello'], env });
    const answer = JSON.parse(await runPythonExample('answers.py', { args: own, env })) as object;
    expect(answer).toMatchObject({ kind: 'ANSWER', correlation_id: asked.trim(), failure: null });
  });

  it('reaches nothing else: no queue of others, no stream, no API, and no place by way of a reply', async () => {
    const foreign = {
      RECEIVED: 'mr.request.received.default',
      INTAKE: 'mr.intake.other.orders',
      ANSWERS: 'mr.answers.default.orders.x',
      AUDIT: 'mr.audit.recorded.other',
      KV_CONTROL: '$KV.CONTROL.revoked.x',
    };
    for (const subject of Object.values(foreign)) upstream.publish(subject, 'x');
    const refused = [
      '$JS.API.INFO',
      '$JS.API.STREAM.INFO.ANSWERS',
      '$JS.API.STREAM.MSG.GET.ANSWERS',
      '$JS.API.DIRECT.GET.ANSWERS',
      '$JS.API.STREAM.PURGE.ANSWERS',
      `$JS.API.CONSUMER.MSG.NEXT.ANSWERS.${durable}`,
      `${tenantApiPrefix}.CONSUMER.MSG.NEXT.ANSWERS.other`,
      `${tenantApiPrefix}.CONSUMER.CREATE.ANSWERS.${durable}.mr.answers.default.>`,
      `${tenantApiPrefix}.CONSUMER.DELETE.ANSWERS.${durable}`,
    ];
    for (const subject of refused) {
      const answer = await upstream.request(subject, '', { timeout: 5_000 }).then(
        (reply) => reply.string(),
        () => 'nobody answers',
      );
      expect(answer).toMatch(/^nobody answers$|JetStream not enabled for account/u);
    }
    // An ack, or an answer, that the server would write for it.
    upstream.publish(subjects.intake(defaultTenant, 'orders'), 'no request', {
      reply: 'mr.audit.recorded.other',
    });
    upstream.publish(`${tenantApiPrefix}.CONSUMER.MSG.NEXT.ANSWERS.${durable}`, '', {
      reply: 'mr.audit.recorded.other',
    });
    await upstream.flush();
    await expect
      .poll(async () => (await cluster.platform.bus.streamState('DEADLETTER')).messages, { timeout: 30_000 })
      .toBe(1);
    // Of the one that was published to its own queue: what had come to RECEIVED would have left another.
    const letter = await cluster.platform.bus.lastMessage('DEADLETTER', 'mr.deadletter.>');
    expect(letter?.subject).toBe(subjects.deadLetter('ingress', defaultTenant));
    for (const [name, subject] of Object.entries(foreign))
      expect(await cluster.platform.bus.lastMessage(name, subject)).toBeUndefined();
  });
});

const everybody: readonly NatsUser[] = [...natsUsers, ...natsReaders];

/** Subjects that somebody has; a wildcard stands for one token. */
const all = {
  publish: [...new Set(everybody.flatMap((user) => natsPermissions(user).publish))],
  subscribe: [...new Set(everybody.flatMap((user) => natsPermissions(user).subscribe))],
};

const example = (pattern: string): string => pattern.replaceAll('*', 'x').replace(/>$/u, 'x');

function allows(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => {
    const tokens = pattern.split('.');
    const parts = subject.split('.');
    const isOpen = tokens.at(-1) === '>';
    if (isOpen ? parts.length < tokens.length : parts.length !== tokens.length) return false;
    return tokens.every((token, index) => token === '>' || token === '*' || token === parts[index]);
  });
}

describe.each(everybody)('%s', (user: NatsUser) => {
  let client: NatsConnection;
  const refused: string[] = [];

  beforeAll(async () => {
    client = await connect({
      servers: cluster.natsUrl.replace('nats://', ''),
      user,
      pass: passwordOf(user),
      tls: { caFile: certificate.certFile },
    });
    void (async () => {
      for await (const { permissionContext } of client.status())
        if (permissionContext !== undefined)
          refused.push(`${permissionContext.operation} ${permissionContext.subject}`);
    })();
  });

  afterAll(() => client.close());

  it('cannot publish where only others may, nor read the streams of others', async () => {
    const { publish } = natsPermissions(user);
    const foreign = [
      ...all.publish.map(example).filter((subject) => !allows(publish, subject)),
      ...['RECEIVED', 'ADMITTED', 'RESULTS', 'AUDIT', 'KV_KEYS'].flatMap((stream) => [
        `$JS.API.STREAM.DELETE.${stream}`,
        `$JS.API.STREAM.PURGE.${stream}`,
        `$JS.API.STREAM.MSG.DELETE.${stream}`,
        `$JS.API.CONSUMER.DELETE.${stream}.x`,
      ]),
      '$JS.API.CONSUMER.CREATE.RESULTS',
      '$JS.API.CONSUMER.CREATE.AUDIT.x.mr.audit.recorded.x',
      '$SYS.REQ.SERVER.PING',
      'anything.else',
    ].filter((subject) => !allows(publish, subject));
    refused.length = 0;
    for (const subject of foreign) client.publish(subject);
    await client.flush();
    await expect
      .poll(() => new Set(refused))
      .toEqual(new Set(foreign.map((subject) => `publish ${subject}`)));
  });

  it('cannot listen where only others may, not to all, and not to the answers of others', async () => {
    const { subscribe } = natsPermissions(user);
    const foreign = [
      ...all.subscribe.map(example).filter((subject) => !allows(subscribe, subject)),
      '>',
      'mr.>',
      '_INBOX.>',
      '$JS.API.>',
      '$KV.>',
    ];
    const errors = await Promise.all(
      foreign.map(
        (subject) =>
          new Promise<string>((resolve) => {
            client.subscribe(subject, {
              callback: (error) => resolve(error === null ? `heard ${subject}` : 'refused'),
            });
          }),
      ),
    );
    expect(new Set(errors)).toEqual(new Set(['refused']));
  });
});
