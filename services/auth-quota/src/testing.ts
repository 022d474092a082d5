import { Big } from 'big.js';
import type { Bus } from '@millrace/bus';
import {
  subjects,
  type Codec,
  type RequestClosed,
  type RequestReceived,
  type Usage,
} from '@millrace/contracts';
import { worstTokensOf, type RequestPrices } from '@millrace/quota';
import type { Clock } from '@millrace/runtime';
import { openResultLog, resultRecord } from '@millrace/stage';
import { closingOf as closedOf, readAll, receivedOf } from '@millrace/stage/testing';
import type { AdmissionRequest } from './admission.ts';
import type { KeyUses } from './key-uses.ts';
import { withoutContent } from './without-content.ts';

/** A request for tests; it expires a minute after the clock's time. */
export function requestOf(
  tenant: string,
  clock: Clock,
  changes: Partial<RequestReceived> = {},
): RequestReceived {
  return receivedOf(tenant, clock.now(), changes);
}

/** A request as admission is asked to decide on it: at once. */
export function askedOf(codec: Codec, event: RequestReceived): AdmissionRequest {
  return { event, encoded: withoutContent(codec, event), cancelled: undefined, mayWait: false };
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

/** The closing of a request, at the moment in which it came in. */
export function closingOf(
  { request_id, tenant, principal, received_at, model }: RequestReceived,
  changes: Partial<RequestClosed> = {},
): RequestClosed {
  const usage = usageOf(0, 0);
  return closedOf(tenant, {
    request_id,
    principal,
    received_at,
    closed_at: received_at,
    model,
    usage,
    ...changes,
  });
}

/** Counted by an engine. */
export function usageOf(inputTokens: number, outputTokens: number): Usage {
  return {
    input_tokens: inputTokens,
    cached_input_tokens: 0,
    output_tokens: outputTokens,
    characters_in: 0,
    characters_out: 0,
    source: 'ENGINE',
  };
}

/** Whoever uses a key, nobody notes it. */
export const noKeyUses: Pick<KeyUses, 'note'> = { note: () => undefined };

/** A thousandth for each token. */
export const tokenPrices: RequestPrices = {
  worstAmountOf: (request) => new Big(worstTokensOf(request)).div(1_000).toFixed(),
  amountOf: ({ usage }) => new Big(usage.input_tokens + usage.output_tokens).div(1_000).toFixed(),
};
