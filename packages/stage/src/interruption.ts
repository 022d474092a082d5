import type { RequestCancelled } from '@millrace/contracts';
import type { Delivery } from '@millrace/bus';
import type { Clock, Stoppable } from '@millrace/runtime';
import type { Cancellations } from './cancellations.ts';
import type { RequestEvent } from './request-event.ts';

/** Why a generation was stopped before it had ended by itself. */
export type InterruptionReason =
  | { readonly kind: 'cancelled'; readonly cancellation: RequestCancelled }
  | { readonly kind: 'expired' }
  /** The process stops: another one goes on. */
  | { readonly kind: 'handed_back' }
  /** The chunks could not be stored. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** All that can stop a generation, behind one signal. The first reason counts. */
export interface Interruption extends Stoppable {
  readonly signal: AbortSignal;
  readonly reason: InterruptionReason | undefined;
  fail(error: unknown): void;
}

export function watchInterruptions(
  clock: Clock,
  cancellations: Cancellations,
  { event, delivery }: { readonly event: RequestEvent; readonly delivery: Delivery },
): Interruption {
  const controller = new AbortController();
  let reason: InterruptionReason | undefined;
  const interrupt = (why: InterruptionReason): void => {
    if (reason !== undefined) return;
    reason = why;
    controller.abort();
  };
  const cancelled = cancellations.onCancelled(event.request_id, (cancellation) =>
    interrupt({ kind: 'cancelled', cancellation }),
  );
  const expire = (): void => interrupt({ kind: 'expired' });
  const leftMs = Math.max(0, event.deadline_at - clock.now());
  if (leftMs === 0) expire();
  const deadline = clock.setTimer(leftMs, expire);
  const handBack = (): void => interrupt({ kind: 'handed_back' });
  delivery.signal.addEventListener('abort', handBack, { once: true });
  if (delivery.signal.aborted) handBack();
  return {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    fail: (error) => interrupt({ kind: 'failed', error }),
    async stop() {
      deadline.cancel();
      delivery.signal.removeEventListener('abort', handBack);
      await cancelled.stop();
    },
  };
}
