import type { Metrics } from '@millrace/runtime';
import type { Engine } from './engine/engine.ts';

type Reading = readonly [name: string, help: string, read: (engine: Engine) => number];

const levels: readonly Reading[] = [
  ['millrace_requests_running', 'Sequences that have a slot of the engine.', ({ running }) => running],
  ['millrace_requests_waiting', 'Sequences that wait in the engine for a slot.', ({ waiting }) => waiting],
  ['millrace_slots', 'Sequences that can be generated at once.', ({ slots }) => slots],
  [
    'millrace_kv_cache_usage_ratio',
    'Part of the memory for keys and values that holds some, 0 to 1.',
    ({ keyValues: { usedBlocks, blocks } }) => (blocks === 0 ? 0 : usedBlocks / blocks),
  ],
  ['millrace_kv_cache_bytes', 'Keys and values in use.', ({ keyValues }) => keyValues.usedBytes],
  ['millrace_prefix_cache_bytes', 'Memory of the prefix cache.', ({ prefixCache }) => prefixCache.bytes],
  [
    'millrace_engine_healthy',
    'Whether the engine advances when it has work: 1 or 0.',
    ({ healthy }) => (healthy ? 1 : 0),
  ],
];

const counts: readonly Reading[] = [
  [
    'millrace_prefix_cache_queries_total',
    'Tokens of prompts that were looked for in the prefix cache.',
    ({ prefixCache }) => prefixCache.queriedTokens,
  ],
  [
    'millrace_prefix_cache_hits_total',
    'Tokens of prompts that were found in the prefix cache.',
    ({ prefixCache }) => prefixCache.hitTokens,
  ],
  [
    'millrace_prefix_cache_evictions_total',
    'Blocks of the prefix cache that gave way to others.',
    ({ prefixCache }) => prefixCache.evictedBlocks,
  ],
  [
    'millrace_preemptions_total',
    'Sequences that lost their slot before their end: always 0, since a slot has room for the whole context.',
    () => 0,
  ],
];

/** What the engine knows of itself is read when the metrics are asked for; it reports the times between tokens. */
export function collectEngineMetrics(metrics: Metrics, engine: Engine): void {
  const labels = { model: engine.card.name };
  const labelNames = ['model'] as const;
  for (const [name, help, read] of levels)
    metrics.gauge({ name, help, labelNames, collect: (gauge) => gauge.set(labels, read(engine)) });
  for (const [name, help, read] of counts)
    metrics.counter({ name, help, labelNames, collect: (set) => set(labels, read(engine)) });
  const interTokenLatency = metrics.histogram({
    name: 'millrace_inter_token_latency_seconds',
    help: 'Between two tokens of a sequence.',
    labelNames,
  });
  engine.onTokenInterval((ms) => interTokenLatency.observe(labels, ms / 1000));
}
