import { findRecord, makeReceipt, type Receipt } from '@millrace/audit-log';
import { subjects } from '@millrace/contracts';
import type { StageDependencies } from '@millrace/stage';
import type { Checkpointer } from './checkpointer.ts';

/** Whose receipt is asked for. */
export interface WantedReceipt {
  readonly tenant: string;
  readonly requestId: string;
  /** How long record and signature are waited for. */
  readonly waitMs: number;
}

/** Servers of one cluster may be so far apart. */
const clockSkewMs = 2_000;
/** Receipts of a tenant that are asked for within this time share a signature. */
const gatherMs = 100;
const firstPauseMs = 20;
const longestPauseMs = 320;

/**
 * Makes receipts for those who wait for them: the chain is signed for the receipt, not with the next round.
 *
 * @returns of the function that is made: the receipt, or undefined when the request is not on record in time
 */
export function createReceipts(
  { bus, codec, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  checkpointer: Pick<Checkpointer, 'checkpoint'>,
): (wanted: WantedReceipt, signal: AbortSignal) => Promise<Receipt | undefined> {
  /** By tenant: signatures that are about to be made. */
  const gathering = new Map<string, Promise<void>>();

  const sign = (tenant: string, signal: AbortSignal): Promise<void> => {
    const present = gathering.get(tenant);
    if (present !== undefined) return present;
    const signing = (async () => {
      try {
        await clock.sleep(gatherMs, signal);
      } finally {
        // What is stored from now on may come too late for this one.
        gathering.delete(tenant);
      }
      await checkpointer.checkpoint(tenant);
    })();
    gathering.set(tenant, signing);
    return signing;
  };

  return async ({ tenant, requestId, waitMs }, signal) => {
    const until = clock.monotonicMs() + waitMs;
    const eventually = async <Found>(look: () => Promise<Found | undefined>): Promise<Found | undefined> => {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        const found = await look();
        if (found !== undefined || clock.monotonicMs() + pauseMs > until) return found;
        await clock.sleep(pauseMs, signal);
      }
    };
    const closing = await eventually(() => bus.lastMessage('CLOSED', subjects.closed(tenant, requestId)));
    if (closing === undefined) return undefined;
    const fromTime = closing.storedAt - clockSkewMs;
    const found = await eventually(() => findRecord({ bus, codec }, requestId, { tenant, fromTime, signal }));
    if (found === undefined) return undefined;
    const present = await makeReceipt({ bus, codec }, found, signal);
    if (present !== undefined) return present;
    await sign(tenant, signal);
    return makeReceipt({ bus, codec }, found, signal);
  };
}
