import {
  AckPolicy,
  connect,
  RetentionPolicy,
  StorageType,
  type ConsumerMessages,
  type NatsConnection,
} from 'nats';

/** Durable hops of a request before its first chunk is on the wire: received, admitted, scrubbed, result. */
const hops = 4;
const payload = new Uint8Array(1_024);

/**
 * The baseline: as many durable hops as a request has, with the NATS client alone. Each hop consumes from a work queue on disk,
 * publishes to the next, awaits the ack and acks; nothing is decoded, sealed, decided or written to PostgreSQL.
 *
 * @returns milliseconds from the first publish to the arrival of each message behind the last hop, one in flight for each lane
 */
export async function runNatsChain(
  servers: string,
  lanes: number,
  requests: number,
): Promise<{ readonly ms: readonly number[]; readonly seconds: number }> {
  const connections: NatsConnection[] = [];
  const consuming: { messages: ConsumerMessages; done: Promise<void> }[] = [];
  const open = async (): Promise<NatsConnection> => {
    const connection = await connect({ servers });
    connections.push(connection);
    return connection;
  };
  const client = await open();
  const manager = await client.jetstreamManager();
  for (let hop = 1; hop <= hops; hop += 1) {
    await manager.streams.add({
      name: `CHAIN${hop}`,
      subjects: [`chain.${hop}.*`],
      retention: hop < hops ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
      storage: StorageType.File,
    });
    if (hop === hops) continue;
    await manager.consumers.add(`CHAIN${hop}`, { durable_name: 'stage', ack_policy: AckPolicy.Explicit });
    const stage = (await open()).jetstream();
    const messages = await (await stage.consumers.get(`CHAIN${hop}`, 'stage')).consume();
    consuming.push({
      messages,
      done: (async () => {
        for await (const message of messages) {
          const lane = message.subject.split('.')[2] ?? '';
          void stage.publish(`chain.${hop + 1}.${lane}`, message.data).then(() => message.ack());
        }
      })(),
    });
  }

  const arrived = new Map<string, () => void>();
  client.subscribe(`chain.${hops}.*`, {
    callback: (_error, message) => arrived.get(message.subject.split('.')[2] ?? '')?.(),
  });
  const jetstream = client.jetstream();
  const ms: number[] = [];
  let left = requests;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async (_, index) => {
      const lane = String(index);
      while (left > 0) {
        left -= 1;
        const { promise, resolve } = Promise.withResolvers<void>();
        arrived.set(lane, resolve);
        const sentAt = performance.now();
        await jetstream.publish(`chain.1.${lane}`, payload);
        await promise;
        ms.push(performance.now() - sentAt);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const { messages } of consuming) await messages.close();
  await Promise.all(consuming.map(({ done }) => done));
  for (let hop = 1; hop <= hops; hop += 1) await manager.streams.delete(`CHAIN${hop}`);
  await Promise.all(connections.map((connection) => connection.close()));
  return { ms, seconds };
}
