import type { Finished, Timings, Usage } from '@millrace/contracts';
import type { Metrics } from '@millrace/runtime';
import type { Engine } from './engine/engine.ts';
import type { PrefixCacheStatistics } from './engine/prefix-cache.ts';

export interface InferenceMetrics {
  /** @param model its name */
  finished(model: string, outcome: Finished['outcome'], usage: Usage, timings: Timings): void;
}

/** The metrics of the engine, named after those of vLLM. */
export function createInferenceMetrics(metrics: Metrics, engine: Engine): InferenceMetrics {
  const { name } = engine.card;
  const finishedTotal = metrics.counter({
    name: 'millrace_requests_finished_total',
    help: 'Requests ended by the engine, by outcome.',
    labelNames: ['model', 'outcome'],
  });
  const tokensTotal = metrics.counter({
    name: 'millrace_tokens_total',
    help: 'Tokens of prompts and answers.',
    labelNames: ['model', 'direction'],
  });
  const firstToken = metrics.histogram({
    name: 'millrace_time_to_first_token_seconds',
    help: 'From acceptance to the first stored token.',
    labelNames: ['model'],
  });
  const duration = metrics.histogram({
    name: 'millrace_request_duration_seconds',
    help: 'From acceptance to the end.',
    labelNames: ['model'],
  });
  metrics.gauge({
    name: 'millrace_requests_running',
    help: 'Requests that are generated now.',
    labelNames: ['model'],
    collect: (gauge) => gauge.set({ model: name }, engine.running),
  });
  metrics.gauge({
    name: 'millrace_requests_waiting',
    help: 'Requests that wait in the engine for a slot.',
    labelNames: ['model'],
    collect: (gauge) => gauge.set({ model: name }, engine.waiting),
  });
  collectPrefixCache(metrics, engine);
  return {
    finished(model, outcome, usage, timings) {
      finishedTotal.inc({ model, outcome: outcome.toLowerCase() });
      tokensTotal.inc({ model, direction: 'input' }, usage.input_tokens);
      tokensTotal.inc({ model, direction: 'output' }, usage.output_tokens);
      if (timings.time_to_first_token_ms !== null)
        firstToken.observe({ model }, timings.time_to_first_token_ms / 1000);
      duration.observe({ model }, timings.total_ms / 1000);
    },
  };
}

/** The cache counts by itself; its counts are read when the metrics are asked for. */
function collectPrefixCache(metrics: Metrics, engine: Engine): void {
  const model = engine.card.name;
  const counts: readonly [name: string, help: string, read: (statistics: PrefixCacheStatistics) => number][] =
    [
      ['millrace_prefix_cache_bytes', 'Memory of the prefix cache.', ({ bytes }) => bytes],
      [
        'millrace_prefix_cache_queries_total',
        'Tokens of prompts that were looked for in the prefix cache.',
        ({ queriedTokens }) => queriedTokens,
      ],
      [
        'millrace_prefix_cache_hits_total',
        'Tokens of prompts that were found in the prefix cache.',
        ({ hitTokens }) => hitTokens,
      ],
      [
        'millrace_prefix_cache_evictions_total',
        'Blocks that gave way to others.',
        ({ evictedBlocks }) => evictedBlocks,
      ],
    ];
  for (const [name, help, read] of counts) {
    metrics.gauge({
      name,
      help,
      labelNames: ['model'],
      collect: (gauge) => gauge.set({ model }, read(engine.prefixCache)),
    });
  }
}
