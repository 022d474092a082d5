import { answerTimings, answerUsage, type RelayChunk, type RelayCompleted } from '@millrace/relay';
import type { TokenLogprobs } from '@millrace/stage';
import type { AnswerChoice, GenerateAnswer } from './generate-schema.ts';

interface Collected {
  text: string;
  readonly logprobs: TokenLogprobs[];
}

/** The choices of an answer that is to go out whole. */
export class CollectedChoices {
  readonly #choices = new Map<number, Collected>();

  add({ choice = 0, text, logprobs = [] }: RelayChunk): void {
    const collected = this.#of(choice);
    collected.text += text;
    for (const each of logprobs) collected.logprobs.push(each);
    this.#choices.set(choice, collected);
  }

  answer(requestId: string, end: RelayCompleted): GenerateAnswer {
    const { finishReasons } = end;
    const choices = finishReasons?.map((finish_reason, index): AnswerChoice => ({
      index,
      ...this.#shown(index),
      finish_reason,
    }));
    return {
      request_id: requestId,
      model: end.model ?? null,
      ...this.#shown(0),
      ...endOf(end),
      ...(choices === undefined ? {} : { choices }),
    };
  }

  textOf(choice: number): string {
    return this.#of(choice).text;
  }

  #of(choice: number): Collected {
    return this.#choices.get(choice) ?? { text: '', logprobs: [] };
  }

  #shown(choice: number): Pick<AnswerChoice, 'text' | 'logprobs'> {
    const { text, logprobs } = this.#of(choice);
    return { text, ...(logprobs.length === 0 ? {} : { logprobs }) };
  }
}

export function endOf({
  finishReason,
  usage,
  timings,
}: RelayCompleted): Pick<GenerateAnswer, 'finish_reason' | 'usage' | 'timings'> {
  return { finish_reason: finishReason, usage: answerUsage(usage), timings: answerTimings(timings) };
}
