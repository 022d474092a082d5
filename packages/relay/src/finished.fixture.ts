import type { Finished } from '@millrace/contracts';
import { noUsage } from '@millrace/stage';

/** The end of a request that went well and had nothing to it. */
export const completed: Finished = {
  outcome: 'COMPLETED',
  finish_reason: 'stop',
  finish_reasons: [],
  failure: null,
  usage: noUsage(0),
  timings: { queue_ms: 0, prefill_ms: 0, time_to_first_token_ms: null, total_ms: 0 },
  model_version: null,
  text_digest: null,
  cache: null,
  served_by: null,
  decision: { stage: 'inference', at: 0, outcome: 'completed', code: null, facts: {} },
};
