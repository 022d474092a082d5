import { isCount } from './read-fields.ts';
import type { UpstreamUsage } from './upstream-event.ts';

/**
 * The usage that a provider reports. One that is none (below zero, a fraction, no number) is as good as not reported: the answer stands,
 * and its usage is estimated.
 */
export function readUsage(value: unknown): UpstreamUsage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = {
    prompt_tokens: 0 as unknown,
    completion_tokens: 0 as unknown,
    prompt_tokens_details: undefined as unknown,
    ...value,
  };
  const cached = cachedOf(prompt_tokens_details);
  if (!isCount(prompt_tokens) || !isCount(completion_tokens) || !isCount(cached)) return undefined;
  return {
    kind: 'usage',
    inputTokens: prompt_tokens,
    cachedInputTokens: Math.min(cached, prompt_tokens),
    outputTokens: completion_tokens,
  };
}

function cachedOf(details: unknown): unknown {
  if (typeof details !== 'object' || details === null) return 0;
  return 'cached_tokens' in details ? (details.cached_tokens ?? 0) : 0;
}
