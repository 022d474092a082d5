import { answerUsage, type RelayCompleted } from '@millrace/relay';
import type { ToolCall } from '@millrace/stage';
import type { CollectedChoices } from '../collected-choices.ts';
import type { ResponseBody } from './read-response.ts';

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

/** The `response` object of the OpenAI API. */
export type ResponseObject = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly status: ResponseStatus;
  readonly output: readonly OutputItem[];
};

export type OutputItem = MessageItem | CallItem;

export interface MessageItem {
  readonly type: 'message';
  readonly id: string;
  readonly status: ItemStatus;
  readonly role: 'assistant';
  readonly content: readonly OutputText[];
}

export interface OutputText {
  readonly type: 'output_text';
  readonly text: string;
  readonly annotations: readonly never[];
  readonly logprobs: readonly never[];
}

export interface CallItem {
  readonly type: 'function_call';
  readonly id: string;
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** What is known of a response before its first event. */
export interface ResponseHead {
  readonly id: string;
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
  readonly body: ResponseBody;
  readonly model: string;
}

/** A response that has no answer yet, or none at all. */
export function responseOf(
  { id, createdAt, body, model }: ResponseHead,
  status: ResponseStatus,
  more: object = {},
): ResponseObject {
  return {
    id,
    object: 'response',
    created_at: Math.floor(createdAt / 1_000),
    status,
    background: body.background ?? false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: body.previous_response_id ?? null,
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    usage: null,
    ...more,
  };
}

/** A response with its answer; of a cancelled one, what there is. */
export function wholeResponse(
  head: ResponseHead,
  requestId: string,
  collected: CollectedChoices,
  end: RelayCompleted,
): ResponseObject {
  const { text, toolCalls } = collected.choice(0);
  const status = statusOf(end);
  const itemStatus = status === 'completed' ? 'completed' : 'incomplete';
  const hasMessage = text !== '' || toolCalls.length === 0;
  return responseOf({ ...head, model: end.model ?? head.model }, status, {
    ...(status === 'incomplete' ? { incomplete_details: { reason: 'max_output_tokens' } } : {}),
    output: [
      ...(hasMessage ? [messageItem(requestId, itemStatus, text)] : []),
      ...toolCalls.map((call) => callItem(call, itemStatus)),
    ],
    usage: usageOf(end),
  });
}

export function messageItem(requestId: string, status: ItemStatus, text?: string): MessageItem {
  const content = text === undefined ? [] : [outputText(text)];
  return { type: 'message', id: `msg_${requestId}`, status, role: 'assistant', content };
}

export function outputText(text: string): OutputText {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

export function callItem({ id, function: called }: ToolCall, status: ItemStatus): CallItem {
  const text = status === 'in_progress' ? '' : called.arguments;
  return { type: 'function_call', id: `fc_${id}`, status, call_id: id, name: called.name, arguments: text };
}

function statusOf({ finishReason }: RelayCompleted): ResponseStatus {
  if (finishReason === 'cancelled') return 'cancelled';
  return finishReason === 'length' ? 'incomplete' : 'completed';
}

function usageOf({ usage, cache: hit }: RelayCompleted): object {
  const { input_tokens, cached_input_tokens, output_tokens, total_tokens, cache } = answerUsage(usage, hit);
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: cached_input_tokens },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens,
    ...(cache === undefined ? {} : { cache }),
  };
}
