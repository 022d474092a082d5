import type { RequestContent, RequestEvent } from '@millrace/stage';

/** What an answer can be at most: whatever a provider says, more it cannot have read or written. */
export interface AnswerLimits {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of all choices together, in UTF-16 code units, calls of functions included. */
  readonly characters: number;
}

/** No token of a vocabulary stands for more. */
const charactersOfToken = 256;
/** So much may be written of an answer at any rate. */
const leastCharacters = 16_384;

/** A token has at least a byte of what was sent; what the gateway holds in reserve counts the frames of messages as well. */
export function answerLimits(
  {
    operation,
    parameters,
    input_tokens_most,
  }: Pick<RequestEvent, 'operation' | 'parameters' | 'input_tokens_most'>,
  content: RequestContent,
): AnswerLimits {
  const outputTokens = operation === 'embed' ? 0 : parameters.max_tokens * parameters.n;
  return {
    inputTokens: Math.max(input_tokens_most, Buffer.byteLength(JSON.stringify(content))),
    outputTokens,
    characters:
      operation === 'embed' ? Infinity : Math.max(leastCharacters, outputTokens * charactersOfToken),
  };
}
