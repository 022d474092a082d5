import type { Msg } from 'nats';
import { MillraceError } from '@millrace/runtime';
import type { Delivery } from '../port.ts';
import { headersOf } from './headers.ts';
import { millisecondsOf } from './nanoseconds.ts';

export interface DeliveryFacts {
  readonly stream: string;
  readonly sequence: number;
  readonly consumerSequence: number;
  readonly deliveryCount: number;
  readonly storedAt: number;
  /** Messages of the consumer that are still to come. */
  readonly pending: number;
}

/**
 * Reads the reply subject of a delivery (ADR-15): `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`,
 * or with domain and account hash before the stream.
 */
export function deliveryFacts(reply: string): DeliveryFacts {
  const tokens = reply.split('.');
  const first = tokens.length >= 11 ? 4 : 2;
  if (tokens[1] !== 'ACK' || tokens.length < first + 7)
    throw new MillraceError(
      'internal_error',
      `The nats-server sent a delivery with the reply subject ${reply}`,
    );
  return {
    stream: tokens[first] ?? '',
    deliveryCount: Number(tokens[first + 2]),
    sequence: Number(tokens[first + 3]),
    consumerSequence: Number(tokens[first + 4]),
    storedAt: millisecondsOf(tokens[first + 5] ?? ''),
    pending: Number(tokens[first + 6]),
  };
}

export function toDelivery(
  message: Msg,
  facts: DeliveryFacts,
  signal: AbortSignal,
  working: () => void,
): Delivery {
  return {
    stream: facts.stream,
    subject: message.subject,
    sequence: facts.sequence,
    payload: message.data,
    headers: headersOf(message),
    storedAt: facts.storedAt,
    deliveryCount: facts.deliveryCount,
    working,
    signal,
  };
}
