import { MillraceError } from '@millrace/runtime';
import type { FunctionTool, RequestContent } from '@millrace/stage';

/** Messages, and the functions that the answer may call, to token ids, by the chat template of the model. */
export type PromptEncoder = (
  messages: RequestContent['messages'],
  tools?: readonly FunctionTool[],
) => Int32Array;

/**
 * Encodes the messages and checks that they leave room for an answer.
 *
 * @param contextLength most tokens of prompt and answer together
 * @throws `context_length_exceeded` with both counts; it names no field, as the client may have sent prompt or messages
 */
export function encodePrompt(
  encoder: PromptEncoder,
  content: RequestContent,
  contextLength: number,
): Int32Array {
  const { messages, tools, tool_choice: choice } = content;
  const tokens = encoder(messages, choice === 'none' ? undefined : tools);
  if (tokens.length >= contextLength) {
    throw new MillraceError(
      'context_length_exceeded',
      `The prompt has ${countOf(tokens, contextLength)} tokens, but prompt and answer together may have at most ${contextLength}.`,
    );
  }
  return tokens;
}

/** Behind twice the context nobody has counted any more. */
export function countOf({ length }: Int32Array, contextLength: number): string {
  return length > 2 * contextLength ? `more than ${2 * contextLength}` : String(length);
}

/**
 * Refuses messages that cannot fit whatever their tokens are. Encoding takes up to 10 µs a byte, in which the engine stands still.
 *
 * @throws `context_length_exceeded` with the least number of tokens that they can have
 */
export function refuseFarTooLong(
  messages: RequestContent['messages'],
  { longestTokenBytes, contextLength }: { longestTokenBytes: number; contextLength: number },
  tools?: readonly FunctionTool[],
): void {
  const texts = messages.flatMap(({ content, tool_calls: calls = [] }) => [
    content,
    ...calls.map((call) => call.function.arguments),
  ]);
  if (tools !== undefined) texts.push(JSON.stringify(tools));
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const fewestTokens = Math.ceil(bytes / longestTokenBytes);
  if (fewestTokens < contextLength) return;
  throw new MillraceError(
    'context_length_exceeded',
    `The prompt has at least ${fewestTokens} tokens, but prompt and answer together may have at most ${contextLength}.`,
  );
}

/** For models whose template knows of no calls. @throws `unsupported_value` naming the first message that is about one */
export function refuseCalls(messages: RequestContent['messages']): void {
  const index = messages.findIndex(({ role, tool_calls }) => role === 'tool' || tool_calls !== undefined);
  if (index === -1) return;
  const message = `messages[${index}] is about the call of a function, which the model does not know`;
  throw new MillraceError('unsupported_value', message, { param: `messages[${index}]` });
}

/** The tokens with which every prompt begins that has no system prompt of its own: what two different ones have in common. */
export function publicPrefixOf(encoder: PromptEncoder): Int32Array {
  const [first, second] = ['a', '1'].map((content) => encoder([{ role: 'user', content }]));
  if (first === undefined || second === undefined) return new Int32Array();
  const end = first.findIndex((token, index) => token !== second[index]);
  return first.slice(0, end === -1 ? first.length : end);
}

/** The messages behind the operator's system prompt, unless they begin with one of their own. */
export function withSystemPrompt(
  messages: RequestContent['messages'],
  systemPrompt: string | undefined,
): RequestContent['messages'] {
  if (systemPrompt === undefined || messages[0]?.role === 'system') return messages;
  return [{ role: 'system', content: systemPrompt }, ...messages];
}
