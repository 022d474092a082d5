import { expect, test } from 'vitest';
import { createMetrics, ManualClock } from '@millrace/runtime';
import { collect, fabricatedEngine, generationOf } from './engine/engine-fixture.ts';
import { createInferenceMetrics } from './metrics.ts';

const usage = {
  input_tokens: 30,
  cached_input_tokens: 0,
  output_tokens: 12,
  characters_in: 100,
  characters_out: 40,
  source: 'ENGINE',
} as const;
const timings = { queue_ms: 100, prefill_ms: 200, time_to_first_token_ms: 400, total_ms: 2_400 };
const end = { outcome: 'COMPLETED', finishReason: 'stop', usage, timings } as const;

/** The value of a sample, its labels as they are exposed. */
async function samplesOf(metrics: ReturnType<typeof createMetrics>) {
  const { body } = await metrics.expose();
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of body.split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/u.exec(line) ?? [];
    if (name !== undefined && type !== undefined) types.set(name, type);
    const [, sample, value] = /^([^#]\S*) (\S+)$/u.exec(line) ?? [];
    if (sample !== undefined) samples.set(sample, Number(value));
  }
  return { samples, types };
}

test('ended requests are counted by outcome and reason, with their tokens and times', async () => {
  const metrics = createMetrics();
  const { engine } = fabricatedEngine();
  const inference = createInferenceMetrics(metrics, engine);
  inference.finished('m', end);
  inference.finished('m', {
    ...end,
    outcome: 'CANCELLED',
    finishReason: 'cancelled',
    timings: { ...timings, time_to_first_token_ms: null },
  });
  inference.refused('m', 'REJECTED', 'context_length_exceeded');
  const { samples } = await samplesOf(metrics);
  expect(
    Object.fromEntries([...samples].filter(([name]) => /finished|tokens_total|_sum/u.test(name))),
  ).toEqual({
    'millrace_requests_finished_total{model="m",outcome="completed",reason="stop"}': 1,
    'millrace_requests_finished_total{model="m",outcome="cancelled",reason="cancelled"}': 1,
    'millrace_requests_finished_total{model="m",outcome="rejected",reason="context_length_exceeded"}': 1,
    'millrace_prompt_tokens_total{model="m"}': 60,
    'millrace_generation_tokens_total{model="m"}': 24,
    'millrace_time_to_first_token_seconds_sum{model="m"}': 0.4,
    'millrace_request_duration_seconds_sum{model="m"}': 4.8,
    'millrace_request_queue_time_seconds_sum{model="m"}': 0.2,
    'millrace_request_prefill_time_seconds_sum{model="m"}': 0.4,
    'millrace_request_decode_time_seconds_sum{model="m"}': 2,
  });
});

test('the engine is read when the metrics are asked for: what it has done in counters, what it holds in gauges', async () => {
  const metrics = createMetrics();
  const clock = new ManualClock();
  const { engine } = fabricatedEngine(
    { clock, slots: 2, contextLength: 64, vocabularySize: 259, beforeStep: () => clock.advance(250) },
    { prefixCacheBytes: 32 * 2 },
  );
  createInferenceMetrics(metrics, engine);
  const promptTokens = Int32Array.from({ length: 24 }, (_, index) => index);
  for (let turn = 0; turn < 2; turn += 1)
    await collect(engine.generate(generationOf({ promptTokens, maxTokens: 3 })));
  const holding = engine.generate(generationOf({ promptTokens, maxTokens: 5 }))[Symbol.asyncIterator]();
  await holding.next();
  const { samples, types } = await samplesOf(metrics);
  const of = (name: string) => samples.get(`${name}{model="fabricated"}`);
  expect(of('millrace_slots')).toBe(2);
  expect(of('millrace_engine_healthy')).toBe(1);
  expect(of('millrace_requests_running')).toBe(1);
  expect(of('millrace_kv_cache_usage_ratio')).toBeCloseTo(3 / 16);
  expect(of('millrace_kv_cache_bytes')).toBe(3 * 32);
  expect(of('millrace_prefix_cache_bytes')).toBe(64);
  expect(of('millrace_prefix_cache_queries_total')).toBe(72);
  expect(of('millrace_prefix_cache_hits_total')).toBe(32);
  expect(of('millrace_preemptions_total')).toBe(0);
  expect(of('millrace_inter_token_latency_seconds_sum')).toBeCloseTo(
    0.25 * (of('millrace_inter_token_latency_seconds_count') ?? 0),
  );
  expect([...types].filter(([name]) => name.endsWith('_total')).every(([, type]) => type === 'counter')).toBe(
    true,
  );
  await holding.return?.();
  expect(
    (await samplesOf(metrics)).samples.get('millrace_prefix_cache_queries_total{model="fabricated"}'),
  ).toBe(72);
});
