import { randomUUID } from 'node:crypto';
import { Big } from 'big.js';
import type { Bus } from '@millrace/bus';
import { subjects, type Codec, type RequestReceived, type Usage } from '@millrace/contracts';
import {
  worstTokensOf,
  type QuotaCounts,
  type QuotaLimits,
  type QuotaRow,
  type RequestPrices,
  type Scope,
  type SettledRequest,
} from '@millrace/quota';
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
    input_tokens_most: 32,
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

/** A quota of which nothing is used. */
export function emptyQuota(
  scope: Scope,
  subject: string,
  limits: Partial<QuotaLimits> = {},
  counts: Partial<QuotaCounts> = {},
): QuotaRow {
  return {
    scope,
    subject,
    requestsPerMinute: null,
    tokensPerMinute: null,
    maxInFlight: null,
    tokensPerDay: null,
    tokensPerMonth: null,
    budgetPerMonth: null,
    inFlight: 0,
    reservedTokens: 0,
    reservedAmount: '0',
    minute: 0,
    minuteRequests: 0,
    minuteTokens: 0,
    day: 0,
    dayTokens: 0,
    month: 0,
    monthTokens: 0,
    monthAmount: '0',
    ...limits,
    ...counts,
  };
}

/** A closing of a request, as far as settlement looks at it. */
export function closingOf(
  { request_id, received_at, model }: RequestReceived,
  changes: Partial<SettledRequest> = {},
): SettledRequest {
  return {
    request_id,
    received_at,
    model,
    outcome: 'COMPLETED',
    closed_at: received_at,
    served_by: null,
    model_version: null,
    usage: usageOf(0, 0),
    timings: { queue_ms: 0, prefill_ms: 0, time_to_first_token_ms: null, total_ms: 0 },
    cache: null,
    ...changes,
  };
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

/** A thousandth for each token. */
export const tokenPrices: RequestPrices = {
  worstAmountOf: (request) => new Big(worstTokensOf(request)).div(1_000).toFixed(),
  amountOf: ({ usage }) => new Big(usage.input_tokens + usage.output_tokens).div(1_000).toFixed(),
};
