import { readGeneration, type Generation } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import type { ChatMessage, FunctionTool, JsonSchema, ResponseFormat, ToolChoice } from '@millrace/stage';
import { withAllThatFits } from '../openai/read-chat.ts';

type Content = string | readonly { readonly type: string; readonly text: string }[];

/** One thing of a conversation. */
export type InputItem =
  | {
      readonly type?: 'message';
      readonly role: 'system' | 'developer' | 'user' | 'assistant';
      readonly content: Content;
      readonly id?: string;
    }
  | {
      readonly type: 'function_call';
      readonly call_id: string;
      readonly name: string;
      readonly arguments: string;
      readonly id?: string;
    }
  | {
      readonly type: 'function_call_output';
      readonly call_id: string;
      readonly output: Content;
      readonly id?: string;
    };

/** A body that fits `responseBodySchema`. */
export interface ResponseBody {
  readonly model: string;
  readonly input: string | readonly InputItem[];
  readonly instructions?: string;
  readonly previous_response_id?: string;
  readonly store?: boolean;
  readonly background?: boolean;
  readonly stream?: boolean;
  readonly stream_options?: object;
  readonly max_output_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly text?: { readonly format?: TextFormat };
  readonly tools?: readonly FlatTool[];
  readonly tool_choice?: 'auto' | 'none' | 'required' | { readonly type: 'function'; readonly name: string };
  readonly metadata?: Readonly<Record<string, string>>;
  readonly priority?: 'high' | 'normal' | 'low';
  readonly cache?: 'auto' | 'always' | 'never';
}

type TextFormat =
  | { readonly type: 'text' | 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly schema: JsonSchema;
      readonly description?: string;
      readonly strict?: boolean;
    };

interface FlatTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string;
  readonly parameters?: JsonSchema;
  readonly strict?: boolean | null;
}

/** @throws what `readGeneration` throws; `conflicting_values`, `missing_value` */
export function readResponse(body: ResponseBody): Generation {
  if (body.stream_options !== undefined && body.stream !== true) throw needs('stream_options', 'stream true');
  if (body.background === true && body.store === false) throw needs('background', 'store true');
  const { instructions, max_output_tokens: most, text, tools, tool_choice, priority, cache } = body;
  const { format } = text ?? {};
  const system: readonly ChatMessage[] =
    instructions === undefined ? [] : [{ role: 'system', content: instructions }];
  const generation = readGeneration({
    model: body.model,
    messages: [...system, ...itemsOf(body.input).map(messageOf)],
    temperature: body.temperature ?? 1,
    ...(body.top_p === undefined ? {} : { top_p: body.top_p }),
    ...(most === undefined ? {} : { max_tokens: most }),
    ...(format === undefined ? {} : { response_format: formatOf(format) }),
    ...(tools === undefined ? {} : { tools: tools.map(toolOf) }),
    ...(tool_choice === undefined ? {} : { tool_choice: choiceOf(tool_choice) }),
    ...(priority === undefined ? {} : { priority }),
    ...(cache === undefined ? {} : { cache }),
  });
  return most === undefined ? withAllThatFits(generation) : generation;
}

export function itemsOf(input: ResponseBody['input']): readonly InputItem[] {
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input;
}

const names = new Map([
  ['max_tokens', 'max_output_tokens'],
  ['messages', 'input'],
  ['response_format', 'text.format'],
]);

/** What clients of this endpoint call a field. */
export function responseName(param: string): string {
  const [, field = '', rest = ''] = /^(\w+)(.*)$/s.exec(param) ?? [];
  const name = names.get(field);
  if (name === undefined) return param;
  return field === 'messages' || field === 'response_format' ? name : name + rest;
}

function messageOf(item: InputItem, index: number): ChatMessage {
  if (item.type === 'function_call') {
    const { call_id: id, name, arguments: text } = item;
    return {
      role: 'assistant',
      content: '',
      tool_calls: [{ id, type: 'function', function: { name, arguments: text } }],
    };
  }
  if (item.type === 'function_call_output')
    return { role: 'tool', content: textOf(item.output), tool_call_id: item.call_id };
  const content = textOf(item.content);
  if (content === '') {
    const param = `input[${index}].content`;
    throw new MillraceError('missing_value', `${param} is empty`, { param });
  }
  return { role: item.role === 'developer' ? 'system' : item.role, content };
}

export function textOf(content: Content): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}

function formatOf(format: TextFormat): ResponseFormat {
  if (format.type !== 'json_schema') return { type: format.type };
  const { type, ...json_schema } = format;
  return { type, json_schema };
}

function toolOf({ type, strict: _strict, ...named }: FlatTool): FunctionTool {
  return { type, function: named };
}

function choiceOf(choice: NonNullable<ResponseBody['tool_choice']>): ToolChoice {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

const needs = (field: string, other: string): MillraceError =>
  new MillraceError('conflicting_values', `${field} has no meaning without ${other}`, { param: field });
