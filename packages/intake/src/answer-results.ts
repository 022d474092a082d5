import type { AnswerResult } from '@millrace/contracts';
import type { CollectedChoices, StreamStart } from '@millrace/endpoints';
import type { RelayChunk, RelayCompleted } from '@millrace/relay';
import type { TokenLogprobs, ToolCall } from '@millrace/stage';
import type { IntakeAsked } from './read-intake.ts';

const nothing = {
  text: null,
  finish_reason: null,
  labels: null,
  embedding: null,
  truncated: false,
  tool_calls: null,
  logprobs: null,
} as const satisfies Omit<AnswerResult, 'index'>;

/** A piece of one choice. */
export function resultOfChunk({ choice = 0, text, logprobs, toolCalls }: RelayChunk): AnswerResult {
  return { ...nothing, index: choice, text, ...extras(toolCalls, logprobs) };
}

/** How each choice ended whose text went out in pieces. */
export function endsOf({
  finishReason,
  finishReasons = [finishReason],
}: RelayCompleted): readonly AnswerResult[] {
  return finishReasons.map((reason, index) => ({ ...nothing, index, finish_reason: reason }));
}

/** What the whole answers of the endpoints have for each text. */
interface TaskResult {
  readonly text?: string;
  readonly finish_reason?: string;
  readonly labels?: readonly { readonly label: string; readonly score: number }[];
  readonly embedding?: readonly number[];
  readonly truncated?: true;
}

/** All choices, or what there is to say of each text. @throws `cancelled` where it was before all was there */
export function wholeResults(
  asked: IntakeAsked,
  collected: CollectedChoices,
  start: StreamStart,
  end: RelayCompleted,
): readonly AnswerResult[] {
  if (asked.operation === 'generate') {
    const { finishReason, finishReasons = [finishReason] } = end;
    return finishReasons.map((reason, index) => {
      const { text, toolCalls, logprobs } = collected.choice(index);
      return { ...nothing, index, text, finish_reason: reason, ...extras(toolCalls, logprobs) };
    });
  }
  const { results } = asked.answer(collected, start, end) as { readonly results: readonly TaskResult[] };
  return results.map((result, index) => ({ ...nothing, ...result, index }));
}

function extras(
  toolCalls: readonly ToolCall[] = [],
  logprobs: readonly TokenLogprobs[] = [],
): Pick<AnswerResult, 'tool_calls' | 'logprobs'> {
  const calls = toolCalls.map(({ id, function: called }) => ({ id, ...called }));
  return {
    tool_calls: calls.length === 0 ? null : calls,
    logprobs: logprobs.length === 0 ? null : JSON.stringify(logprobs),
  };
}
