import type { ResultChunk } from '@millrace/contracts';
import type { OutputGuard } from '@millrace/pii-policy';
import type { ChunkContent, TokenLogprobs, ToolCall } from '@millrace/stage';
import { AnswerFold } from './answer-fold.ts';
import type { AnswerGuard } from './answer-guard.ts';
import { HeldLogprobs } from './held-logprobs.ts';

/** What is new of a choice. */
export interface ChoicePiece {
  readonly text: string;
  /** One for each token whose log-probabilities were not reported before. */
  readonly logprobs: readonly TokenLogprobs[];
  /** All calls of the choice, when they are there. */
  readonly toolCalls: readonly ToolCall[];
}

/** One choice of an answer as its client sees it: its text put together, looked through and restored, each token reported once. */
export class ChoiceFold {
  readonly #fold = new AnswerFold();
  readonly #guard: AnswerGuard;
  readonly #text: OutputGuard;
  readonly #logprobs = new HeldLogprobs();
  #reportedTokens = 0;
  #calledTools = false;

  constructor(guard: AnswerGuard) {
    this.#guard = guard;
    this.#text = guard.text();
  }

  /** Whether the present attempt has said all that was said before. */
  get complete(): boolean {
    return this.#fold.complete;
  }

  /** @throws `engine_failed` */
  begin(attempt: number, firstPosition: number): void {
    this.#fold.begin(attempt, firstPosition);
  }

  /**
   * @throws `engine_failed` when the chunk does not follow, or says something else than was said before; `ContentBlocked`
   */
  chunk(
    record: ResultChunk,
    { text, logprobs = [], tool_calls: calls = [], finish_reason }: ChunkContent,
  ): ChoicePiece {
    const { attempt, first_position: firstPosition, token_count: tokenCount } = record;
    const fresh = this.#fold.chunk({ attempt, firstPosition, tokenCount, text });
    this.#logprobs.add(fresh, this.#unreported(logprobs, firstPosition));
    const shown = this.#text.push(fresh);
    const isEnd = finish_reason !== undefined || calls.length > 0;
    const rest = isEnd ? this.flush() : undefined;
    return {
      text: shown + (rest?.text ?? ''),
      logprobs: [
        ...this.#logprobs.take((from, to) => this.#text.isChanged(from, to), this.#text.settled),
        ...(rest?.logprobs ?? []),
      ],
      toolCalls: this.#firstTime(calls),
    };
  }

  /** What waited for the rest of a placeholder, or of a value. @throws `ContentBlocked` */
  flush(): ChoicePiece {
    return {
      text: this.#text.flush(),
      logprobs: this.#logprobs.take((from, to) => this.#text.isChanged(from, to)),
      toolCalls: [],
    };
  }

  /** Another attempt may end the choice again: its calls are the same. */
  #firstTime(calls: readonly ToolCall[]): readonly ToolCall[] {
    if (calls.length === 0 || this.#calledTools) return [];
    this.#calledTools = true;
    return this.#guard.toolCalls(calls);
  }

  /** An attempt that starts over reports what was reported already. */
  #unreported(logprobs: readonly TokenLogprobs[], firstPosition: number): readonly TokenLogprobs[] {
    const fresh = logprobs.slice(Math.max(0, this.#reportedTokens - firstPosition));
    this.#reportedTokens = Math.max(this.#reportedTokens, firstPosition + logprobs.length);
    return fresh;
  }
}
