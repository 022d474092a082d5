import { connectNats, type Bus } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions } from '@millrace/contracts';
import { createLogger, createMetrics, stopInReverse, type Clock, type Stoppable } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import type { StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import { startTestDatabase, startTestNats } from '@millrace/testkit';
import type { Admission } from './admission.ts';
import { createPostgresAdmission } from './postgres-admission.ts';
import { tokenPrices } from './testing.ts';

/** Everything that admission needs, with servers of its own. */
export interface TestPlatform extends Stoppable {
  readonly database: Database;
  readonly bus: Bus;
  readonly dependencies: StageDependencies;
  /** Another connection to the broker, for another replica. */
  connect(): Promise<Bus>;
  /** Admission with `tokenPrices`. @param maxQueue by default 1,000 */
  admission(maxQueue?: number): Admission;
}

export async function startTestPlatform(clock: Clock): Promise<TestPlatform> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const codec = createCodec();
  const logger = createLogger({ service: 'auth-quota', level: 'silent' });
  const nats = keep(await startTestNats());
  const { database } = keep(await startTestDatabase());
  const connect = () => connectNats({ url: nats.url, name: 'auth-quota-test', logger });
  const bus = keep(await connect());
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const sealing = await createSealing(new Uint8Array(32), createMemoryKeyStore());
  return {
    database,
    bus,
    dependencies: { bus, codec, sealing, clock, logger, metrics: createMetrics() },
    connect,
    admission: (maxQueue = 1_000) =>
      createPostgresAdmission({
        codec,
        metrics: createMetrics(),
        database,
        clock,
        maxQueue,
        prices: tokenPrices,
      }),
    stop: () => stopInReverse(parts),
  };
}
