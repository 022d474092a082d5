import type { RequestReceived } from '@millrace/contracts';

/** A request of a tenant's key that expires in ten minutes. */
export function requestOf(
  requestId: string,
  tenant: string,
  organisation: string,
  now: number,
): RequestReceived {
  return {
    request_id: requestId,
    tenant,
    principal: { key_id: `key-of-${tenant}`, roles: ['developer'], organisation, user_id: null },
    gateway: 'bench',
    transport: 'HTTP',
    received_at: now,
    deadline_at: now + 600_000,
    operation: 'generate',
    model: 'bench',
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
    content: new Uint8Array(500),
    characters_in: 500,
    replay_of: null,
    trail: [],
    cache: 'NONE',
    fallbacks: [],
    input_tokens_most: 500,
  };
}
