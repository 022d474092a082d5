import { MillraceError } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';

/** Messages to token ids, by the chat template of the model. */
export type PromptEncoder = (messages: RequestContent['messages']) => Int32Array;

/**
 * Encodes the messages and checks that they leave room for an answer.
 *
 * @param contextLength most tokens of prompt and answer together
 * @throws `context_length_exceeded` with both counts
 */
export function encodePrompt(
  encoder: PromptEncoder,
  content: RequestContent,
  contextLength: number,
): Int32Array {
  const tokens = encoder(content.messages);
  if (tokens.length >= contextLength) {
    throw new MillraceError(
      'context_length_exceeded',
      `The prompt has ${tokens.length} tokens, but prompt and answer together may have at most ${contextLength}.`,
      { param: 'messages' },
    );
  }
  return tokens;
}

/** The messages behind the operator's system prompt, unless they begin with one of their own. */
export function withSystemPrompt(
  messages: RequestContent['messages'],
  systemPrompt: string | undefined,
): RequestContent['messages'] {
  if (systemPrompt === undefined || messages[0]?.role === 'system') return messages;
  return [{ role: 'system', content: systemPrompt }, ...messages];
}
