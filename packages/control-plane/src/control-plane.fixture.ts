import { connectNats } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions } from '@millrace/contracts';
import {
  createIdGenerator,
  createLogger,
  ManualClock,
  stopInReverse,
  systemRandom,
  type Stoppable,
} from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { startTestDatabase, startTestNats } from '@millrace/testkit';
import type { ControlDependencies } from './control-dependencies.ts';

/** A control plane with servers of its own. */
export async function startTestControlPlane(): Promise<ControlDependencies & Stoppable> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const clock = new ManualClock(Date.UTC(2026, 0, 15, 12));
  const logger = createLogger({ service: 'control-plane', level: 'silent' });
  const nats = keep(await startTestNats());
  const { database } = keep(await startTestDatabase());
  const bus = keep(await connectNats({ url: nats.url, name: 'control-plane-test', logger }));
  await bus.provision(streamDefinitions(), bucketDefinitions);
  return {
    database,
    bus,
    codec: createCodec(),
    sealing: await createSealing(new Uint8Array(32), createMemoryKeyStore()),
    clock,
    random: systemRandom,
    nextId: createIdGenerator(clock, systemRandom),
    stop: () => stopInReverse(parts),
  };
}
