import { sql } from '@millrace/store/sql';
import { consumerDefinitions } from '@millrace/contracts';
import { publishPrices } from '@millrace/control-plane';
import { createIdGenerator, stopInReverse, systemRandom } from '@millrace/runtime';
import { consumeClosings, consumeReturned, type Service, type StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import type { BillingSettings } from './config.ts';
import { startHousekeeping } from './housekeeping.ts';
import { onRequestClosed } from './on-request-closed.ts';
import { startOutboxRelay } from './outbox-relay.ts';
import { readManifest, seedPrices } from './prices.ts';

/** A transaction costs more than the rows in it. */
const betweenBatchesMs = 25;

/** Consumes request.closed, emits billing.charged; first sees to it that the models of the manifest have prices. Wiring alone. */
export async function startBilling(
  dependencies: StageDependencies & { readonly database: Database },
  settings: Pick<
    BillingSettings,
    'ackWaitMs' | 'maxBatch' | 'maxDeliveries' | 'currency' | 'modelManifest' | 'providersFile'
  >,
): Promise<Service> {
  const { bus, clock, database } = dependencies;
  await seedPrices(database, await readManifest(settings.modelManifest));
  if (settings.providersFile !== undefined) {
    const { providers = [] } = await readManifest(settings.providersFile, 'MILLRACE_PROVIDERS');
    for (const provider of providers) await seedPrices(database, provider);
  }
  await publishPrices(dependencies, database);
  const relay = startOutboxRelay(dependencies);
  const housekeeping = startHousekeeping(dependencies);
  const nextId = createIdGenerator(clock, systemRandom);
  const consumers = consumerDefinitions(settings.ackWaitMs);
  const { maxBatch, maxDeliveries } = settings;
  const options = { stage: 'billing', maxBatch, maxDeliveries };
  const closings = onRequestClosed({ ...dependencies, nextId, currency: settings.currency }, () =>
    relay.wake(),
  );
  const consumption = await consumeClosings(
    dependencies,
    { ...options, consumer: consumers.billing, minIntervalMs: betweenBatchesMs },
    closings,
  );
  const returned = await consumeReturned(
    dependencies,
    { ...options, consumer: consumers.returnedToBilling },
    { closings },
  );
  return {
    async ready() {
      if (!bus.connected) return 'not connected to NATS';
      await database.execute(sql`select 1`);
      return undefined;
    },
    stop: () => stopInReverse([relay, housekeeping, consumption, returned]),
  };
}
