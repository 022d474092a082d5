import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsPermissions, natsReaders, natsUsers, natsUsersConfig, type NatsUser } from '@millrace/contracts';
import { type Cluster } from '@millrace/embedded';
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
import { postJson } from '../support/post-json.ts';
import { expectAnsweredOnce } from '../support/proof.ts';

const passwordOf = (user: string): string => `password-of-${user}`;

let certificate: TestCertificate;
let cluster: Cluster;
let kafka: TestKafka | undefined;

beforeAll(async () => {
  certificate = await createTestCertificate();
  if (kafkaIsHere) kafka = await startTestKafka();
  const users = natsUsersConfig(
    (user) => JSON.stringify(passwordOf(user)),
    [`{ user: observer, password: "${passwordOf('observer')}" }`],
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

  it.each(natsUsers.filter((user) => user !== 'mirrors' || kafkaIsHere))(
    '%s was refused nothing that it needs',
    async (user) => {
      expect(await logOf(user)).not.toMatch(/refused something|subscription refused/u);
    },
  );
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
