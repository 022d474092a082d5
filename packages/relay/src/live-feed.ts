import type { Bus, ReceivedMessage } from '@millrace/bus';
import { requestIdOf, subjects } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import { LiveQueue } from './live-queue.ts';

/** What the server repeats of RESULTS, handed to those who follow. */
export interface LiveFeed extends Stoppable {
  /** A queue that collects from now on. `stop` ends it. */
  open(request: { readonly gateway: string; readonly requestId: string }): Promise<OpenQueue>;
}

export interface OpenQueue extends Stoppable {
  readonly queue: LiveQueue;
}

/**
 * One subscription serves all requests of this gateway; a request of another gateway has one of its own. What was repeated while
 * the connection was away is gone, so after that every reader reads the stream.
 */
export async function startLiveFeed(bus: Bus, gateway: string, queueCapacity: number): Promise<LiveFeed> {
  const own = new Map<string, Set<LiveQueue>>();
  const all = new Set<LiveQueue>();
  const subscription = await bus.subscribe(subjects.relayedToGateway(gateway), (message) => {
    for (const queue of own.get(requestIdOf(message.subject)) ?? []) deliver(queue, message);
  });
  const connection = bus.onConnectionChange((connected) => {
    if (connected) for (const queue of all) queue.invalidate();
  });

  const openOwn = (requestId: string, queue: LiveQueue): Stoppable => {
    const queues = own.get(requestId) ?? new Set();
    own.set(requestId, queues.add(queue));
    return {
      async stop() {
        queues.delete(queue);
        if (queues.size === 0 && own.get(requestId) === queues) own.delete(requestId);
      },
    };
  };

  return {
    async open({ gateway: owner, requestId }) {
      const queue = new LiveQueue(queueCapacity);
      const source =
        owner === gateway
          ? openOwn(requestId, queue)
          : await bus.subscribe(relayedRequest(owner, requestId), (message) => deliver(queue, message));
      all.add(queue);
      return {
        queue,
        async stop() {
          all.delete(queue);
          await source.stop();
        },
      };
    },
    async stop() {
      await connection.stop();
      await subscription.stop();
    },
  };
}

function deliver(queue: LiveQueue, { payload, sequence, previousSequence }: ReceivedMessage): void {
  if (sequence === undefined || previousSequence === undefined) queue.invalidate();
  else queue.push({ payload, sequence, previousSequence });
}

/** `mr.relay.<gateway>.<request>` */
function relayedRequest(gateway: string, requestId: string): string {
  return subjects.relayedToGateway(gateway).replace(/>$/, requestId);
}
