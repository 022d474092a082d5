import { defineSettings, setting } from '@millrace/runtime';

/** What a process that answers requests is told of its cache. */
export const answerCacheSettings = defineSettings({
  answerCacheBytes: setting.bytes('MILLRACE_ANSWER_CACHE', {
    default: 64 * 1024 ** 2,
    min: 0,
    description: 'Most memory for answers that may be given again to the same request; 0 for none.',
  }),
  answerCacheKeepMs: setting.durationMs('MILLRACE_ANSWER_CACHE_TTL', {
    default: 3_600_000,
    min: 1,
    max: 604_800_000,
    description: 'How long an answer may be given again.',
  }),
  semanticThresholds: setting.weights('MILLRACE_SEMANTIC_CACHE', {
    min: 0.5,
    max: 1,
    description:
      'Tenants whose requests may have the answer to one that means about the same, each with the smallest cosine that counts as that, such as acme=0.95; needs the embedding model.',
  }),
});
