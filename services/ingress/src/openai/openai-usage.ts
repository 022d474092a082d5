import type { Usage } from '@millrace/contracts';

/** Usage in the names of the OpenAI API. */
export function openAiUsage({ input_tokens, cached_input_tokens, output_tokens }: Usage) {
  return {
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    total_tokens: input_tokens + output_tokens,
    prompt_tokens_details: { cached_tokens: cached_input_tokens },
  };
}
