import { randomUUID } from 'node:crypto';
import type { Bus } from '@millrace/bus';
import { subjects, type Codec, type RequestReceived } from '@millrace/contracts';
import type { Clock } from '@millrace/runtime';
import { openResultLog, resultRecord } from '@millrace/stage';
import { readAll } from '@millrace/stage/testing';

/** A request for tests; it expires a minute after the clock's time. */
export function requestOf(
  tenant: string,
  clock: Clock,
  changes: Partial<RequestReceived> = {},
): RequestReceived {
  return {
    request_id: randomUUID(),
    tenant,
    principal: { key_id: 'key', roles: ['developer'], organisation: 'default', user_id: null },
    gateway: 'gateway',
    transport: 'WEBSOCKET',
    received_at: clock.now(),
    deadline_at: clock.now() + 60_000,
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
    ...changes,
  };
}

/** What a gateway stores: the opening of the results and the request. */
export async function publishRequest(bus: Bus, codec: Codec, request: RequestReceived): Promise<void> {
  const log = await openResultLog({ bus, codec }, request);
  const { principal, transport, model, received_at, deadline_at } = request;
  const opened = { principal, transport, model, received_at, deadline_at, choices: 1 };
  await log.append(resultRecord(request, { kind: 'OPENED', at: received_at, opened }));
  await bus.publish({
    subject: subjects.received(request.tenant),
    payload: codec.encode('request.received', request),
    messageId: `${request.request_id}:received`,
  });
}

/** The number of stored messages of a subject. */
export async function countOf(bus: Bus, stream: string, subject: string): Promise<number> {
  return (await readAll(bus.read(stream, subject))).length;
}
