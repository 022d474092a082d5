import { readGeneration, type Generation, type GenerationBody } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import type { ChatMessage, ToolCall } from '@millrace/stage';
import type { StreamBody } from './shared-schema.ts';

type Content = string | readonly { readonly type: 'text'; readonly text: string }[];

interface OpenAiMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly content?: Content | null;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
}

/** A body that fits `chatBodySchema`. */
export interface ChatBody extends Omit<GenerationBody, 'messages' | 'prompt'>, StreamBody {
  readonly model: string;
  readonly messages: readonly OpenAiMessage[];
  readonly max_completion_tokens?: number;
  readonly consent?: boolean;
}

/** @throws what `readGeneration` throws; `conflicting_values`, `missing_value` */
export function readChat(body: ChatBody): Generation {
  const {
    messages,
    max_completion_tokens,
    max_tokens: olderMaxTokens,
    stream_options: options,
    stream,
    consent: _consent,
    ...rest
  } = body;
  if (options !== undefined && stream !== true) throw onlyTogether('stream_options', 'stream');
  if (max_completion_tokens !== undefined && olderMaxTokens !== undefined)
    throw onlyOne('max_tokens', 'max_completion_tokens');
  const most = max_completion_tokens ?? olderMaxTokens;
  const generation = readGeneration({
    ...rest,
    messages: messages.map(messageOf),
    temperature: body.temperature ?? 1,
    ...(most === undefined ? {} : { max_tokens: most }),
  });
  return most === undefined ? withAllThatFits(generation) : generation;
}

/** What the client calls a field, of two names that mean the same. */
export function chatName({ max_completion_tokens }: ChatBody, param: string): string {
  return param === 'max_tokens' && max_completion_tokens !== undefined ? 'max_completion_tokens' : param;
}

/** As many tokens as the context of the model has: the default gives way to what there is room for. */
export function withAllThatFits(generation: Generation): Generation {
  const { parameters } = generation;
  return { ...generation, isMaxTokensGiven: false, parameters: { ...parameters, max_tokens: mostTokens } };
}

const mostTokens = 131_072;

function messageOf({ role, content, tool_calls, tool_call_id }: OpenAiMessage, index: number): ChatMessage {
  const text = textOf(content);
  if (text === '' && tool_calls === undefined && role !== 'tool') {
    const param = `messages[${index}].content`;
    throw new MillraceError('missing_value', `${param} is empty`, { param });
  }
  return {
    role: role === 'developer' ? 'system' : role,
    content: text,
    ...(tool_calls === undefined ? {} : { tool_calls }),
    ...(tool_call_id === undefined ? {} : { tool_call_id }),
  };
}

function textOf(content: Content | null | undefined): string {
  if (content === null || content === undefined) return '';
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}

function onlyOne(field: string, other: string): MillraceError {
  return new MillraceError('conflicting_values', `${field} and ${other} mean the same: send one of them`, {
    param: field,
  });
}

export function onlyTogether(field: string, other: string): MillraceError {
  return new MillraceError('conflicting_values', `${field} has no meaning without ${other} true`, {
    param: field,
  });
}
