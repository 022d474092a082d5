import { createRequire } from 'node:module';

/** What the repair touches of a queue of requests, one for each connection to a broker. */
interface RequestQueue {
  /** In milliseconds since the epoch; -1: the broker has never throttled this client. */
  readonly throttledUntil: number;
  readonly pending: readonly unknown[];
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

const checkAgainMs = 10;

function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null && this.throttleCheckTimeoutId !== undefined) return;
  const untilMs = this.throttledUntil - Date.now();
  if (untilMs <= 0 && this.pending.length === 0) return;
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    untilMs > 0 ? untilMs : checkAgainMs,
  );
}

/**
 * kafkajs 2.2.4 sets a timer of `-1 - Date.now()` ms after each answer, which runs at once and sets the next: each idle connection turns
 * the event loop a thousand times a second, and Node 24 warns of it (tulios/kafkajs#1751). A timer is needed only while requests wait.
 *
 * @throws Error when this is another kafkajs, with another queue
 */
export function repairRequestQueue(): void {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/requestQueue') as { readonly prototype: object };
  if (!('scheduleCheckPendingRequests' in prototype))
    throw new Error('This kafkajs has another queue of requests: its repair has to be looked at');
  Object.assign(prototype, { scheduleCheckPendingRequests });
}
