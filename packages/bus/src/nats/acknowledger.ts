import type { Stoppable } from '@millrace/runtime';
import type { Connection } from './connection.ts';
import { toNanoseconds } from './nanoseconds.ts';

const encoder = new TextEncoder();
const words = {
  ack: encoder.encode('+ACK'),
  terminate: encoder.encode('+TERM'),
  working: encoder.encode('+WPI'),
  nak: encoder.encode('-NAK'),
};

/** Answers deliveries. While the connection is away the answers are kept: the server takes them after its restart as well. */
export interface Acknowledger extends Stoppable {
  ack(reply: string): void;
  /** Hands the message back, to be delivered again after the delay; 0: at once. */
  nak(reply: string, delayMs: number): void;
  terminate(reply: string): void;
  working(reply: string): void;
}

export function createAcknowledger(connection: Connection): Acknowledger {
  const kept: (readonly [reply: string, word: Uint8Array])[] = [];
  const send = (reply: string, word: Uint8Array): void => {
    if (connection.connected) connection.publish(reply, word);
    else kept.push([reply, word]);
  };
  const listener = connection.onChange((connected) => {
    if (connected) for (const [reply, word] of kept.splice(0)) connection.publish(reply, word);
  });
  return {
    ack: (reply) => send(reply, words.ack),
    nak: (reply, delayMs) =>
      send(
        reply,
        delayMs <= 0 ? words.nak : encoder.encode(`-NAK {"delay":${Math.round(toNanoseconds(delayMs))}}`),
      ),
    terminate: (reply) => send(reply, words.terminate),
    working(reply) {
      if (connection.connected) connection.publish(reply, words.working);
    },
    stop: () => listener.stop(),
  };
}
