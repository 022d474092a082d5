import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { streamDefinitions } from '@millrace/contracts';
import { createLogger } from '@millrace/runtime';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeBusConformance } from '../conformance.ts';
import { createCollector } from '../conformance/collector.ts';
import {
  bytes,
  consumerOf,
  createScene,
  noPoison,
  textOf,
  untilMessages,
  type BrokerHarness,
} from '../conformance/harness.ts';
import { startScratchServer, type ScratchServer } from '../nats-server/index.ts';
import type { Bus } from '../port.ts';
import { connectNats } from './nats-bus.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

async function startBroker(): Promise<BrokerHarness> {
  const server = await startScratchServer(process.env);
  const buses: Bus[] = [];
  return {
    async connect() {
      const bus = await connectNats({ url: server.url, name: 'test', logger });
      buses.push(bus);
      return bus;
    },
    kill: () => server.kill(),
    start: () => server.start(),
    async stop() {
      await Promise.all(buses.map((bus) => bus.stop()));
      await server.stop();
    },
  };
}

describeBusConformance('NATS', startBroker);

describe('the NATS adapter', { timeout: 60_000 }, () => {
  let server: ScratchServer;
  let bus: Bus;
  beforeAll(async () => {
    server = await startScratchServer(process.env);
    bus = await connectNats({ url: server.url, name: 'test', logger });
  }, 60_000);
  afterAll(async () => {
    await bus.stop();
    await server.stop();
  });

  it('overwrites an erased value in the files', async () => {
    const secret = 'VALUE-THAT-MUST-GO-8731';
    await bus.provision([], [{ name: 'KEYS', history: 1 }]);
    await bus.bucket('KEYS').create('tenant', bytes(secret));
    await bus.bucket('KEYS').create('other', bytes('stays'));
    expect(await filesWith(server.dataDir, secret)).not.toEqual([]);
    await bus.bucket('KEYS').erase('tenant');
    expect(await filesWith(server.dataDir, secret)).toEqual([]);
  });

  it('lets nobody delete or purge what ledger and chains are made of, nor allow it again', async () => {
    await bus.provision(streamDefinitions(), []);
    await bus.publish({ subject: 'mr.audit.recorded.acme', payload: bytes('record') });
    const client = await connect({ servers: server.url });
    const { streams } = await client.jetstreamManager();
    for (const name of ['AUDIT', 'CHECKPOINTS', 'ACTS', 'CLOSED', 'BILLING']) {
      await expect(streams.purge(name)).rejects.toThrow('purge');
      const { config } = await streams.info(name);
      expect(config).toMatchObject({ deny_purge: true, deny_delete: true });
      await expect(streams.update(name, { ...config, deny_purge: false })).rejects.toThrow('deny purge');
      await expect(streams.update(name, { ...config, deny_delete: false })).rejects.toThrow('deny message');
    }
    await expect(streams.deleteMessage('AUDIT', 1)).rejects.toThrow('delete');
    expect(await bus.streamState('AUDIT')).toMatchObject({ messages: 1 });
    await client.close();
  });

  it('overwrites a replaced value in the files, also one that an earlier replacement has left there', async () => {
    await bus.provision([], [{ name: 'REPLACED', history: 2 }]);
    const bucket = bus.bucket('REPLACED');
    const values = ['FIRST-VALUE-2044', 'SECOND-VALUE-2044', 'THIRD-VALUE-2044'];
    await bucket.put('tenant', bytes(values[0] as string));
    await bucket.put('tenant', bytes(values[1] as string));
    const { revision } = (await bucket.get('tenant')) ?? { revision: 0 };
    await bucket.replace('tenant', bytes(values[2] as string), revision);
    expect(await filesWith(server.dataDir, values[0] as string)).toEqual([]);
    expect(await filesWith(server.dataDir, values[1] as string)).toEqual([]);
    expect(await filesWith(server.dataDir, values[2] as string)).not.toEqual([]);
  });

  it('changes what can be changed in a stream, and names what cannot', async () => {
    const definition = {
      name: 'CHANGES',
      subjects: ['changes.*'],
      retention: 'limits',
      discard: 'old',
      duplicateWindowMs: 60_000,
    } as const;
    await bus.provision([definition], []);
    await bus.provision([definition], []);
    await bus.provision([{ ...definition, maxMessages: 5, maxAgeMs: 90 * 24 * 3_600_000 }], []);
    const retention = bus.provision([{ ...definition, retention: 'workqueue' }], []);
    await expect(retention).rejects.toMatchObject({
      code: 'stream_mismatch',
      message: 'The nats-server has retention of stream CHANGES as "limits" where "workqueue" is wanted',
    });
  });

  it('names the stream when one that a consumer needs is not there', async () => {
    const scene = { bus, stream: 'NOWHERE', subject: 'nowhere' };
    const consumption = bus.consume(consumerOf(scene), { concurrency: 1, ...noPoison }, async () => {});
    await expect(consumption).rejects.toMatchObject({
      code: 'stream_mismatch',
      message: expect.stringContaining('NOWHERE'),
    });
  });

  it('goes on when its consumer is deleted', async () => {
    const scene = await createScene(bus, { retention: 'workqueue' });
    const got = createCollector<string>();
    const consumption = await bus.consume(
      consumerOf(scene),
      { concurrency: 1, ...noPoison },
      async (delivery) => got.add(textOf(delivery)),
    );
    const client = await connect({ servers: server.url });
    const manager = await client.jetstreamManager();
    await manager.consumers.delete(scene.stream, 'worker');
    await bus.publish({ subject: `${scene.subject}.a`, payload: bytes('one') });
    expect(await got.until((items) => items.length === 1)).toEqual(['one']);
    await client.close();
    await consumption.stop();
  });

  it('keeps a bucket that other NATS clients can read', async () => {
    await bus.provision([], [{ name: 'SHARED', history: 1 }]);
    await bus.bucket('SHARED').put('a.b', bytes('one'));
    const client = await connect({ servers: server.url });
    const view = await client.jetstream().views.kv('SHARED');
    expect((await view.get('a.b'))?.string()).toBe('one');
    await view.put('c', 'two');
    expect(await bus.bucket('SHARED').get('c')).toMatchObject({ key: 'c', value: Buffer.from('two') });
    await view.delete('c');
    expect(await bus.bucket('SHARED').get('c')).toBeUndefined();
    expect(await bus.bucket('SHARED').create('c', bytes('three'))).toBe(true);
    await client.close();
  });

  it('says where no server can be reached, without the credentials', async () => {
    const url = 'nats://user:secret-word@127.0.0.1:1';
    const failure = connectNats({ url, name: 'test', logger, connectTimeoutMs: 300 });
    await expect(failure).rejects.toMatchObject({
      code: 'unavailable',
      message: 'No nats-server can be reached at nats://127.0.0.1:1',
    });
    await expect(connectNats({ url: 'http://x', name: 'test', logger })).rejects.toMatchObject({
      code: 'config_invalid',
    });
  });

  it('waits for what is being worked on before it closes', async () => {
    const own = await connectNats({ url: server.url, name: 'own', logger });
    const scene = await createScene(own, { retention: 'workqueue' });
    const started = createCollector<string>();
    let finished = false;
    await own.consume(consumerOf(scene), { concurrency: 1, ...noPoison }, async (delivery) => {
      started.add(textOf(delivery));
      await new Promise(setImmediate);
      await own.publish({ subject: 'changes.kept', payload: bytes('x') });
      finished = true;
    });
    await own.publish({ subject: `${scene.subject}.a`, payload: bytes('one') });
    await started.until((items) => items.length === 1);
    await own.stop();
    await own.stop();
    expect(finished).toBe(true);
    await untilMessages(bus, scene.stream, 0);
    await expect(own.publish({ subject: 'changes.late', payload: bytes('') })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});

async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}
