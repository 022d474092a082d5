import { answerUsage, type RelayCompleted } from '@millrace/relay';

/** Usage in the names of the OpenAI API, and where the answer came from the cache, which one. */
export function openAiUsage({ usage, cache: hit }: Pick<RelayCompleted, 'usage' | 'cache'>) {
  const { input_tokens, cached_input_tokens, output_tokens, total_tokens, cache } = answerUsage(usage, hit);
  return {
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    total_tokens,
    prompt_tokens_details: { cached_tokens: cached_input_tokens },
    ...(cache === undefined ? {} : { cache }),
  };
}
