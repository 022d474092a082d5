import { answerTimings, answerUsage, type RelayChunk, type RelayCompleted } from '@millrace/relay';
import type { TokenLogprobs, ToolCall } from '@millrace/stage';
import { answerHead } from './answer-head.ts';
import type { AnswerChoice, GenerateAnswer } from './generate-schema.ts';
import type { StreamStart } from './stream-frames.ts';

export interface Collected {
  text: string;
  readonly logprobs: TokenLogprobs[];
  readonly toolCalls: ToolCall[];
}

/** The choices of an answer that is to go out whole. */
export class CollectedChoices {
  readonly #choices = new Map<number, Collected>();

  add({ choice = 0, text, logprobs = [], toolCalls = [] }: RelayChunk): void {
    const collected = this.#of(choice);
    collected.text += text;
    for (const each of logprobs) collected.logprobs.push(each);
    collected.toolCalls.push(...toolCalls);
    this.#choices.set(choice, collected);
  }

  answer(start: StreamStart, end: RelayCompleted): GenerateAnswer {
    const { finishReasons } = end;
    const choices = finishReasons?.map((finish_reason, index): AnswerChoice => ({
      index,
      ...this.shown(index, finish_reason),
    }));
    return {
      ...answerHead(start, end),
      ...this.shown(0, end.finishReason),
      ...endOf(end),
      ...(choices === undefined ? {} : { choices }),
    };
  }

  /** What there is of one choice; nothing where it has said nothing. */
  choice(choice: number): Readonly<Collected> {
    return this.#of(choice);
  }

  /** One choice as clients get it. */
  shown(choice: number, finish_reason: string): Omit<AnswerChoice, 'index'> {
    const { text, logprobs, toolCalls } = this.#of(choice);
    return {
      text,
      finish_reason,
      ...(logprobs.length === 0 ? {} : { logprobs }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    };
  }

  textOf(choice: number): string {
    return this.#of(choice).text;
  }

  #of(choice: number): Collected {
    return this.#choices.get(choice) ?? { text: '', logprobs: [], toolCalls: [] };
  }
}

export function endOf({
  finishReason,
  usage,
  timings,
  cache,
}: RelayCompleted): Pick<GenerateAnswer, 'finish_reason' | 'usage' | 'timings'> {
  return { finish_reason: finishReason, usage: answerUsage(usage, cache), timings: answerTimings(timings) };
}
