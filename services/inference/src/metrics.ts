import type { Finished, Timings, Usage } from '@millrace/contracts';
import type { Metrics } from '@millrace/runtime';
import { collectEngineMetrics } from './engine-metrics.ts';
import type { Engine } from './engine/engine.ts';

/** How a request ended that the engine has worked on. */
export interface RequestEnd {
  readonly outcome: Finished['outcome'];
  readonly finishReason: string;
  readonly usage: Usage;
  readonly timings: Timings;
}

export interface InferenceMetrics {
  /** @param model its name */
  finished(model: string, end: RequestEnd): void;
  /** The answer came from the cache: the engine did nothing. */
  fromCache(model: string, finishReason: string): void;
  /** Nothing was generated. @param code why */
  refused(model: string, outcome: Finished['outcome'], code: string): void;
}

/** What the worker counts of requests, named after vLLM's metrics; and what its engine counts. */
export function createInferenceMetrics(metrics: Metrics, engine: Engine): InferenceMetrics {
  const finishedTotal = metrics.counter({
    name: 'millrace_requests_finished_total',
    help: 'Requests that the worker has ended, by outcome, and by the reason: stop, length, tool_calls, cancelled, or the code of an error.',
    labelNames: ['model', 'outcome', 'reason'],
  });
  const promptTokens = metrics.counter({
    name: 'millrace_prompt_tokens_total',
    help: 'Tokens of prompts of ended requests.',
    labelNames: ['model'],
  });
  const generationTokens = metrics.counter({
    name: 'millrace_generation_tokens_total',
    help: 'Tokens of answers of ended requests.',
    labelNames: ['model'],
  });
  const seconds = (name: string, help: string) =>
    metrics.histogram({ name: `millrace_${name}_seconds`, help, labelNames: ['model'] });
  const firstToken = seconds('time_to_first_token', 'From acceptance to the first stored token.');
  const duration = seconds('request_duration', 'From acceptance to the end.');
  const queue = seconds('request_queue_time', 'From acceptance to a slot of the engine.');
  const prefill = seconds('request_prefill_time', 'From a slot to the first token.');
  const decode = seconds('request_decode_time', 'From the first token to the end.');
  collectEngineMetrics(metrics, engine);
  return {
    finished(model, { outcome, finishReason, usage, timings }) {
      finishedTotal.inc({ model, outcome: outcome.toLowerCase(), reason: finishReason });
      promptTokens.inc({ model }, usage.input_tokens);
      generationTokens.inc({ model }, usage.output_tokens);
      const { queue_ms, prefill_ms, time_to_first_token_ms, total_ms } = timings;
      duration.observe({ model }, total_ms / 1000);
      queue.observe({ model }, queue_ms / 1000);
      prefill.observe({ model }, prefill_ms / 1000);
      if (time_to_first_token_ms === null) return;
      firstToken.observe({ model }, time_to_first_token_ms / 1000);
      decode.observe({ model }, Math.max(0, total_ms - time_to_first_token_ms) / 1000);
    },
    fromCache(model, finishReason) {
      finishedTotal.inc({ model, outcome: 'completed', reason: finishReason });
    },
    refused(model, outcome, code) {
      finishedTotal.inc({ model, outcome: outcome.toLowerCase(), reason: code });
    },
  };
}
