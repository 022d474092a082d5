import type { RequestEvent, RequestContent } from '@millrace/stage';
import type { ProviderModel } from './provider.ts';

/** The most that a client can ask for stands for as many as there is room for. */
const unlimited = 131_072;

/**
 * The body of `POST /chat/completions` upstream. What the OpenAI API has no field for goes along where it differs from the default, as
 * vLLM and others take it. `max_tokens` goes along where it says something: as many tokens as the whole context has leave none for the
 * prompt, and providers refuse them; without it as many are generated as fit.
 *
 * @param model how it is called there, and the tokens of its context
 */
export function requestBody(
  { parameters }: Pick<RequestEvent, 'parameters'>,
  content: RequestContent,
  { upstream: model, contextLength }: Pick<ProviderModel, 'upstream' | 'contextLength'>,
): object {
  const { messages, stop, logit_bias, response_format, tools, tool_choice } = content;
  const { max_tokens, temperature, top_p, seed, n, logprobs } = parameters;
  return {
    model,
    messages,
    ...(max_tokens < Math.min(contextLength, unlimited) ? { max_tokens } : {}),
    temperature,
    top_p,
    n,
    // Below zero: chosen here, not by the client.
    ...(seed >= 0 ? { seed } : {}),
    ...(stop.length === 0 ? {} : { stop }),
    ...(logit_bias === undefined ? {} : { logit_bias }),
    ...(response_format === undefined ? {} : { response_format }),
    ...(tools === undefined ? {} : { tools }),
    ...(tool_choice === undefined ? {} : { tool_choice }),
    ...(logprobs === null ? {} : { logprobs: true, top_logprobs: logprobs }),
    ...extras(parameters),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function extras(parameters: RequestEvent['parameters']): object {
  const { presence_penalty, frequency_penalty, repetition_penalty, top_k, min_p } = parameters;
  const given = { presence_penalty, frequency_penalty, repetition_penalty, top_k, min_p };
  const neutral = { presence_penalty: 0, frequency_penalty: 0, repetition_penalty: 1, top_k: 0, min_p: 0 };
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== neutral[name as keyof typeof neutral]),
  );
}
