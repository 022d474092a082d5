import type { TokenLogprobs } from '@millrace/stage';
import { failed } from './failed.ts';
import { fieldsOf, listOf, textOf, wholeNumberOf } from './read-fields.ts';
import { readLogprobs } from './read-logprobs.ts';
import { readUsage } from './read-usage.ts';
import type { ToolCallDelta, UpstreamUsage } from './upstream-event.ts';

/** A piece of an answer, as far as anything is made of it. */
export interface Chunk {
  readonly choices: readonly ChunkChoice[];
  readonly usage: UpstreamUsage | undefined;
}

interface ChunkChoice {
  readonly index: number;
  readonly delta: { readonly content: string; readonly toolCalls: readonly ToolCallDelta[] };
  readonly logprobs: readonly TokenLogprobs[] | undefined;
  readonly finishReason: string | undefined;
}

/** Most calls of one choice. */
const maxCalls = 128;

/**
 * Reads one event of `POST /chat/completions`. Nothing of it is taken for what it ought to be.
 *
 * @throws `provider_failed` for an error, and for what is no piece of an answer; what was sent is not in it, for it may hold content
 */
export function readChunk(data: string): Chunk {
  const fields = fieldsOf(parse(data));
  const { error, choices, usage } = fields;
  if (error !== undefined && error !== null) throw failed('it sent an error within its answer');
  if (choices === undefined && (usage === undefined || usage === null)) throw noPiece();
  return { choices: listOf(choices).map(choiceOf), usage: readUsage(usage) };
}

function choiceOf(value: unknown): ChunkChoice {
  const { index, delta, logprobs, finish_reason } = fieldsOf(value);
  const { content, tool_calls } = fieldsOf(delta ?? {});
  return {
    index: wholeNumberOf(index) ?? 0,
    delta: { content: textOf(content) ?? '', toolCalls: listOf(tool_calls).map(callOf) },
    logprobs: readLogprobs(fieldsOf(logprobs ?? {})['content']),
    finishReason: textOf(finish_reason),
  };
}

function callOf(value: unknown, place: number): ToolCallDelta {
  const { index, id, function: called } = fieldsOf(value);
  const { name, arguments: text } = fieldsOf(called ?? {});
  const number = wholeNumberOf(index) ?? place;
  if (number >= maxCalls) throw failed('it called more functions than an answer may');
  return { index: number, id: textOf(id), name: textOf(name), arguments: textOf(text) ?? '' };
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw failed('it sent what is no JSON');
  }
}

const noPiece = () => failed('it sent what is no piece of an answer');
