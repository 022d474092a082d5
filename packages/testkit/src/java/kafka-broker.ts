import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Stoppable } from '@millrace/runtime';
import { freePorts, startJavaServer } from './java-server.ts';

const run = promisify(execFile);

export interface TestKafkaOptions {
  /** 320 by default. */
  readonly heapMb?: number;
  /** A second listener takes this user by SASL over TLS. */
  readonly secured?: SecuredListener;
}

export interface SecuredListener {
  readonly username: string;
  readonly password: string;
  /** In PEM, of 127.0.0.1 or localhost. */
  readonly certificate: string;
  /** In PEM (PKCS #8). */
  readonly key: string;
}

/** A Kafka broker of a test's own, on a temporary folder; `kill`, `start` and `restart` keep port and data. */
export interface TestKafka extends Stoppable {
  /** As `MILLRACE_KAFKA_BROKERS` takes it: `127.0.0.1:PORT`, without credentials. */
  readonly brokers: string;
  /** Of the listener with SASL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) and TLS; without `secured` nothing listens there. */
  readonly securedBrokers: string;
  readonly pid: number;
  /** The end of what it has printed. */
  output(): string;
  /** As a crash would; `start` brings it back. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it in good order and starts it again. */
  restart(): Promise<void>;
  /** Stops it and removes the folder. */
  stop(): Promise<void>;
}

/** Whether the set-up has found a Java, and so the tests of Kafka and of the schema registry can run. */
export const kafkaIsHere = Boolean(
  process.env['MILLRACE_KAFKA_JARS'] && process.env['MILLRACE_REGISTRY_JARS'],
);

/** Topics are not made by writing to them: a test makes what it needs. */
export async function startTestKafka(options: TestKafkaOptions = {}): Promise<TestKafka> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-kafka-'));
  try {
    const [port = 0, controllerPort = 0, securedPort = 0] = await freePorts(3);
    const properties = path.join(folder, 'server.properties');
    await writeFile(
      properties,
      brokerProperties({ folder, port, controllerPort, securedPort, secured: options.secured }),
    );
    await format(properties, options.secured);
    const start = (): ReturnType<typeof startJavaServer> =>
      startJavaServer({
        name: 'Kafka',
        args: [
          ...javaOptions(options.heapMb ?? 320),
          '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
          ...mainClass('kafka.Kafka'),
          properties,
        ],
        ready: /Kafka Server started/u,
      });
    let server = await start();
    return {
      brokers: `127.0.0.1:${port}`,
      securedBrokers: `127.0.0.1:${securedPort}`,
      get pid() {
        return server.pid;
      },
      output: () => server.output(),
      kill: () => server.kill(),
      async start() {
        server = await start();
      },
      async restart() {
        await server.stop();
        server = await start();
      },
      async stop() {
        // Its data is thrown away.
        await server.kill();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function mainClass(name: string): string[] {
  const jars = process.env['MILLRACE_KAFKA_JARS'];
  if (!jars) throw new Error('There is no Kafka on this machine: look at kafkaIsHere before');
  return ['-cp', path.join(jars, '*'), name];
}

function javaOptions(heapMb: number): string[] {
  return [
    `-Xmx${heapMb}m`,
    '-XX:+UseSerialGC',
    '-Djava.awt.headless=true',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ];
}

async function format(properties: string, secured: SecuredListener | undefined): Promise<void> {
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) =>
    secured === undefined
      ? []
      : ['--add-scram', `${mechanism}=[name=${secured.username},password=${secured.password}]`],
  );
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/u, 'A');
  await run(process.env['MILLRACE_JAVA'] ?? 'java', [
    ...javaOptions(128),
    ...mainClass('kafka.tools.StorageTool'),
    'format',
    '--cluster-id',
    clusterId,
    '--config',
    properties,
    ...users,
  ]);
}

interface BrokerPlace {
  readonly folder: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly securedPort: number;
  readonly secured: SecuredListener | undefined;
}

function brokerProperties({ folder, port, controllerPort, securedPort, secured }: BrokerPlace): string {
  const listeners = { PLAINTEXT: port, ...(secured !== undefined && { SASL_SSL: securedPort }) };
  const addresses = Object.entries(listeners).map(([name, number]) => `${name}://127.0.0.1:${number}`);
  return propertiesText({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [...addresses, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': addresses.join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
    'log.dirs': path.join(folder, 'data'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // 128 MiB by default, more than a test's heap can spare.
    'log.cleaner.dedupe.buffer.size': '2097152',
    ...(secured !== undefined && securedProperties(secured)),
  });
}

function securedProperties({
  username,
  password,
  certificate,
  key,
}: SecuredListener): Record<string, string> {
  const listener = 'listener.name.sasl_ssl';
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${listener}.plain.sasl.jaas.config`]: `${plain} required user_${username}="${password}";`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: `${scram} required;`,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${scram} required;`,
    [`${listener}.ssl.keystore.type`]: 'PEM',
    [`${listener}.ssl.keystore.certificate.chain`]: certificate,
    [`${listener}.ssl.keystore.key`]: key,
  };
}

/** A Java properties file; a value may have several lines. */
function propertiesText(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${value.trim().replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');
}
