import { controlKeys, type RequestCancelled } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from './stage-dependencies.ts';

/** How long a cancellation is remembered: longer than any request lives. */
const cancellationTtlMs = 60 * 60_000;

/** Asks every stage to stop a request. */
export async function cancelRequest(
  { bus, codec, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  request: { readonly tenant: string; readonly request_id: string },
  reason: 'client' | 'disconnected',
): Promise<void> {
  const cancellation: RequestCancelled = { ...request, reason, at: clock.now() };
  await bus
    .bucket('CONTROL')
    .put(controlKeys.cancellation(request.request_id), codec.encode('request.cancelled', cancellation), {
      ttlMs: cancellationTtlMs,
    });
}

/** The cancellations that are in force, pushed by the broker. */
export interface Cancellations extends Stoppable {
  get(requestId: string): RequestCancelled | undefined;
  /** Calls the listener once when the request is cancelled, now if it is already. */
  onCancelled(requestId: string, listener: (cancellation: RequestCancelled) => void): Stoppable;
}

export async function watchCancellations({
  bus,
  codec,
}: Pick<StageDependencies, 'bus' | 'codec'>): Promise<Cancellations> {
  const inForce = new Map<string, RequestCancelled>();
  const listeners = new Map<string, Set<(cancellation: RequestCancelled) => void>>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.cancellations, ({ key, value }) => {
    const requestId = key.slice(key.lastIndexOf('.') + 1);
    if (value === undefined) {
      inForce.delete(requestId);
      return;
    }
    const cancellation = codec.decode('request.cancelled', value);
    inForce.set(requestId, cancellation);
    const waiting = listeners.get(requestId);
    listeners.delete(requestId);
    for (const listener of waiting ?? []) listener(cancellation);
  });
  return {
    get: (requestId) => inForce.get(requestId),
    onCancelled(requestId, listener) {
      const present = inForce.get(requestId);
      if (present !== undefined) {
        listener(present);
        return { stop: async () => {} };
      }
      const waiting = listeners.get(requestId) ?? new Set();
      waiting.add(listener);
      listeners.set(requestId, waiting);
      return {
        stop: async () => {
          waiting.delete(listener);
          if (waiting.size === 0 && listeners.get(requestId) === waiting) listeners.delete(requestId);
        },
      };
    },
    stop: () => watch.stop(),
  };
}
