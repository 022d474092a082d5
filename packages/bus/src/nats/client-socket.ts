import type { Writable } from 'node:stream';
import type { NatsConnection } from 'nats';
import { coalesceWrites } from '@millrace/runtime';

/** What is inside nats.js 2.29, which has no way to be told when to flush: each message that is published is a write of its own. */
interface ClientInside {
  readonly protocol?: { readonly transport?: { readonly socket?: Writable } };
}

/** Lets the messages of one turn of the event loop leave together. To be called again after each reconnect: the socket is a new one. */
export function coalescePublishes(client: NatsConnection): void {
  const socket = (client as unknown as ClientInside).protocol?.transport?.socket;
  if (socket !== undefined) coalesceWrites(socket);
}
