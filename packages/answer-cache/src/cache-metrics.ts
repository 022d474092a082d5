import type { Metrics } from '@millrace/runtime';
import type { EvictionReason } from './answer-store.ts';
import type { FoundAnswer } from './cached-answer.ts';

export interface CacheMetrics {
  hit(model: string, found: FoundAnswer): void;
  missed(model: string): void;
  evicted(model: string, reason: EvictionReason): void;
}

/** What the cache of answers counts. No label is of a tenant: they would be too many. */
export function createCacheMetrics(
  metrics: Metrics,
  store: { readonly bytes: number; readonly size: number },
): CacheMetrics {
  const hits = metrics.counter({
    name: 'millrace_answer_cache_hits_total',
    help: 'Answers from the cache, by kind: exact or semantic.',
    labelNames: ['model', 'kind'],
  });
  const misses = metrics.counter({
    name: 'millrace_answer_cache_misses_total',
    help: 'Requests that were looked up in the cache and had to be generated.',
    labelNames: ['model'],
  });
  const evictions = metrics.counter({
    name: 'millrace_answer_cache_evictions_total',
    help: 'Answers that the cache has dropped, by reason: size, age, version or erased.',
    labelNames: ['model', 'reason'],
  });
  const savedTokens = metrics.counter({
    name: 'millrace_answer_cache_saved_tokens_total',
    help: 'Tokens of prompts and answers that were not computed, as the answer came from the cache.',
    labelNames: ['model', 'kind'],
  });
  metrics.gauge({
    name: 'millrace_answer_cache_bytes',
    help: 'Memory of the answers in the cache.',
    collect: (gauge) => gauge.set(store.bytes),
  });
  metrics.gauge({
    name: 'millrace_answer_cache_answers',
    help: 'Answers in the cache.',
    collect: (gauge) => gauge.set(store.size),
  });
  return {
    hit(model, { answer, hit }) {
      const kind = hit.kind.toLowerCase();
      hits.inc({ model, kind });
      savedTokens.inc({ model, kind }, answer.usage.input_tokens + answer.usage.output_tokens);
    },
    missed: (model) => misses.inc({ model }),
    evicted: (model, reason) => evictions.inc({ model, reason }),
  };
}
