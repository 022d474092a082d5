import { createRestorer } from '@millrace/pii-detectors';
import type { ResultChunk } from '@millrace/contracts';
import type { ChunkContent, TokenLogprobs, ToolCall } from '@millrace/stage';
import { AnswerFold } from './answer-fold.ts';
import { restoreToolCalls } from './restore-tool-calls.ts';

/** What is new of a choice. */
export interface ChoicePiece {
  readonly text: string;
  /** One for each token whose log-probabilities were not reported before. */
  readonly logprobs: readonly TokenLogprobs[];
  /** All calls of the choice, when they are there. */
  readonly toolCalls: readonly ToolCall[];
}

/** One choice of an answer as its client sees it: its text put together and restored, each token reported once. */
export class ChoiceFold {
  readonly #fold = new AnswerFold();
  readonly #restorer: ReturnType<typeof createRestorer> | undefined;
  readonly #mapping: ReadonlyMap<string, string> | undefined;
  #reportedTokens = 0;
  #calledTools = false;

  /** @param mapping placeholder to original; undefined where nothing was replaced */
  constructor(mapping: ReadonlyMap<string, string> | undefined) {
    this.#mapping = mapping;
    this.#restorer = mapping === undefined ? undefined : createRestorer(mapping);
  }

  /** Whether the present attempt has said all that was said before. */
  get complete(): boolean {
    return this.#fold.complete;
  }

  /** @throws `engine_failed` */
  begin(attempt: number, firstPosition: number): void {
    this.#fold.begin(attempt, firstPosition);
  }

  /** @throws `engine_failed` when the chunk does not follow, or says something else than was said before */
  chunk(
    record: ResultChunk,
    { text, logprobs = [], tool_calls: calls = [], finish_reason }: ChunkContent,
  ): ChoicePiece {
    const { attempt, first_position: firstPosition, token_count: tokenCount } = record;
    const fresh = this.#fold.chunk({ attempt, firstPosition, tokenCount, text });
    const shown = this.#restorer?.push(fresh) ?? fresh;
    return {
      text: finish_reason === undefined && calls.length === 0 ? shown : shown + this.flush(),
      logprobs: this.#unreported(logprobs, firstPosition),
      toolCalls: this.#firstTime(calls),
    };
  }

  /** Text that waited for the rest of a placeholder. */
  flush(): string {
    return this.#restorer?.flush() ?? '';
  }

  /** Another attempt may end the choice again: its calls are the same. */
  #firstTime(calls: readonly ToolCall[]): readonly ToolCall[] {
    if (calls.length === 0 || this.#calledTools) return [];
    this.#calledTools = true;
    return restoreToolCalls(calls, this.#mapping);
  }

  /** An attempt that starts over reports what was reported already. */
  #unreported(logprobs: readonly TokenLogprobs[], firstPosition: number): readonly TokenLogprobs[] {
    const fresh = logprobs.slice(Math.max(0, this.#reportedTokens - firstPosition));
    this.#reportedTokens = Math.max(this.#reportedTokens, firstPosition + logprobs.length);
    return fresh;
  }
}
