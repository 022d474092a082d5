import { randomUUID } from 'node:crypto';
import type { Bus, Delivery, StoredMessage } from '@millrace/bus';
import {
  subjects,
  type Codec,
  type Principal,
  type RequestClosed,
  type RequestReceived,
} from '@millrace/contracts';
import type { ClosingWork } from './consume-closings.ts';

const principal: Principal = { key_id: 'key', roles: ['developer'], organisation: 'default', user_id: null };

/** A request for tests that came in at `now`, in milliseconds since the epoch, and expires a minute later. */
export function receivedOf(
  tenant: string,
  now: number,
  changes: Partial<RequestReceived> = {},
): RequestReceived {
  return {
    request_id: randomUUID(),
    tenant,
    principal,
    gateway: 'gateway',
    transport: 'WEBSOCKET',
    received_at: now,
    deadline_at: now + 60_000,
    operation: 'generate',
    model: 'model',
    priority: 'NORMAL',
    parameters: {
      max_tokens: 16,
      temperature: 0,
      top_k: 0,
      top_p: 1,
      seed: 1,
      min_p: 0,
      repetition_penalty: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      n: 1,
      logprobs: null,
    },
    content: Buffer.from('sealed content'),
    characters_in: 14,
    replay_of: null,
    trail: [],
    cache: 'AUTO',
    fallbacks: [],
    input_tokens_most: 32,
    ...changes,
  };
}

/** A closing for tests. */
export function closingOf(tenant: string, changes: Partial<RequestClosed> = {}): RequestClosed {
  const at = Date.UTC(2026, 0, 1);
  return {
    request_id: randomUUID(),
    tenant,
    principal,
    gateway: 'gateway',
    transport: 'WEBSOCKET',
    operation: 'generate',
    model: 'model',
    model_version: '1',
    outcome: 'COMPLETED',
    finish_reason: 'stop',
    finish_reasons: [],
    cache: null,
    served_by: null,
    failure: null,
    usage: {
      input_tokens: 3,
      cached_input_tokens: 0,
      output_tokens: 4,
      characters_in: 12,
      characters_out: 20,
      source: 'ENGINE',
    },
    timings: { queue_ms: 1, prefill_ms: 2, time_to_first_token_ms: 3, total_ms: 4 },
    attempt: 1,
    text_digest: null,
    received_at: at,
    closed_at: at + 4,
    replay_of: null,
    trail: [{ stage: 'auth-quota', at, outcome: 'admitted', code: null, facts: {} }],
    ...changes,
  };
}

/** Stores a closing as a stage does. */
export async function publishClosing(bus: Bus, codec: Codec, closing: RequestClosed): Promise<void> {
  await bus.publish({
    subject: subjects.closed(closing.tenant, closing.request_id),
    payload: codec.encode('request.closed', closing),
    expectedLastSequence: 0,
  });
}

/** The messages of a subject as they are delivered: each once, in order. */
export async function deliverAll(
  bus: Bus,
  stream: string,
  subject: string,
  deliveryCount = 1,
): Promise<readonly Delivery[]> {
  const { signal } = new AbortController();
  const stored = await readAll(bus.read(stream, subject));
  return stored.map((message) => ({ ...message, deliveryCount, working: () => undefined, signal }));
}

/** The same of the closings of a tenant. */
export async function deliverClosings(
  bus: Bus,
  codec: Codec,
  tenant: string,
  deliveryCount = 1,
): Promise<readonly ClosingWork[]> {
  const deliveries = await deliverAll(bus, 'CLOSED', subjects.closed(tenant, '*'), deliveryCount);
  return deliveries.map((delivery) => ({
    closing: codec.decode('request.closed', delivery.payload),
    delivery,
  }));
}

/** All messages of a read. */
export async function readAll(messages: AsyncIterable<StoredMessage>): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}
