import { sql } from '@millrace/store/sql';
import { consumerDefinitions } from '@millrace/contracts';
import { createFetchKeySet, createTokenVerifier } from '@millrace/identity';
import { createIdGenerator, stopInReverse, systemRandom, type Stoppable } from '@millrace/runtime';
import { watchPrices } from '@millrace/pricing';
import {
  consumeClosings,
  consumeReturned,
  giveUp,
  watchCancellations,
  type Service,
  type StageDependencies,
} from '@millrace/stage';
import type { Database } from '@millrace/store';
import { startAnnouncingBars } from './announce-bars.ts';
import type { AuthQuotaSettings } from './config.ts';
import { startChangePublisher } from './change-publisher.ts';
import { startHousekeeping } from './housekeeping.ts';
import { startKeyUses } from './key-uses.ts';
import { unlimitedInFlight } from './verify-credential.ts';
import { onCredentialPresented } from './on-credential-presented.ts';
import { onRequestClosed } from './on-request-closed.ts';
import { onRequestReceived } from './on-request-received.ts';
import { createPostgresAdmission } from './postgres-admission.ts';
import { startReaper } from './reaper.ts';

const stage = 'auth-quota';

/** A transaction costs more than the claims in it; but who waits for a place waits for its end. */
const betweenSettlementsMs = 10;

/** Answers credential.presented; consumes request.received and request.closed, emits request.admitted. Wiring alone. */
export async function startAuthQuota(
  dependencies: StageDependencies & { readonly database: Database },
  settings: Pick<
    AuthQuotaSettings,
    | 'ackWaitMs'
    | 'maxBatch'
    | 'maxQueue'
    | 'maxDeliveries'
    | 'closingMaxDeliveries'
    | 'reaperGraceMs'
    | 'reaperWaitingGraceMs'
    | 'reaperIntervalMs'
    | 'oidcPrivate'
  >,
): Promise<Service> {
  const consumers = consumerDefinitions(settings.ackWaitMs);
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    const prices = keep(await watchPrices(dependencies));
    const admission = createPostgresAdmission({ ...dependencies, prices, maxQueue: settings.maxQueue });
    const uses = keep(startKeyUses(dependencies));
    const cancellations = keep(await watchCancellations(dependencies));
    keep(
      startReaper(dependencies, admission, {
        graceMs: settings.reaperGraceMs,
        waitingGraceMs: settings.reaperWaitingGraceMs,
        intervalMs: settings.reaperIntervalMs,
      }),
    );
    keep(startHousekeeping(dependencies, admission));
    const closings = onRequestClosed(dependencies, admission);
    const closingOptions = {
      stage,
      maxBatch: settings.maxBatch,
      maxDeliveries: settings.closingMaxDeliveries,
    };
    keep(
      await consumeClosings(
        dependencies,
        { ...closingOptions, consumer: consumers.settlement, minIntervalMs: betweenSettlementsMs },
        closings,
      ),
    );
    keep(
      await consumeReturned(
        dependencies,
        { ...closingOptions, consumer: consumers.returnedToSettlement },
        { closings },
      ),
    );
    keep(
      await dependencies.bus.consumeBatches(
        consumers.admission,
        {
          maxBatch: settings.maxBatch,
          maxDeliveries: settings.maxDeliveries,
          backoffMs: admissionBackoffMs,
          onPoison: (delivery, why) =>
            giveUp(dependencies, { stage, eventName: 'request.received' }, delivery, why),
        },
        onRequestReceived(dependencies, admission, cancellations, uses),
      ),
    );
    keep(startChangePublisher(dependencies));
    keep(await startAnnouncingBars(dependencies));
    const tokens = createTokenVerifier({
      ...dependencies,
      nextId: createIdGenerator(dependencies.clock, systemRandom),
      fetchKeySet: createFetchKeySet(settings.oidcPrivate),
      unlimitedInFlight,
    });
    keep(await onCredentialPresented({ ...dependencies, tokens }, uses));
    return {
      ready: () => whyNotReady(dependencies),
      stop: () => stopInReverse(parts),
    };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}

/** The first time soon: a request that found no slot free may find one. */
function admissionBackoffMs(deliveryCount: number): number {
  return deliveryCount === 1 ? 50 : Math.min(30_000, 500 * 2 ** deliveryCount);
}

async function whyNotReady({
  bus,
  database,
}: StageDependencies & { readonly database: Database }): Promise<string | undefined> {
  if (!bus.connected) return 'not connected to NATS';
  await database.execute(sql`select 1`);
  return undefined;
}
