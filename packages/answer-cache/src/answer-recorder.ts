import type { ChunkContent, TokenLogprobs, ToolCall } from '@millrace/stage';
import type { CachedChunk } from './cached-answer.ts';

/** Tokens of one record, as many as of one that is generated. */
const maxTokens = 256;

interface Growing {
  text: string;
  readonly tokens: number[];
  readonly logprobs: TokenLogprobs[];
  toolCalls: readonly ToolCall[];
  finishReason: string | undefined;
}

/** Puts what is published of an answer together to as few pieces as can be. */
export class AnswerRecorder {
  readonly #chunks = new Map<number, Growing[]>();

  add(choice: number, { text, tokens, logprobs = [], tool_calls = [], finish_reason }: ChunkContent): void {
    const growing = this.#growing(choice, tokens.length);
    growing.text += text;
    for (const token of tokens) growing.tokens.push(token);
    for (const each of logprobs) growing.logprobs.push(each);
    if (tool_calls.length > 0) growing.toolCalls = tool_calls;
    growing.finishReason ??= finish_reason;
  }

  /** By choice, each from its beginning. */
  get chunks(): readonly CachedChunk[] {
    return [...this.#chunks].flatMap(([choice, all]) =>
      all.map(({ text, tokens, logprobs, toolCalls, finishReason }) => ({
        choice,
        text,
        tokens,
        ...(logprobs.length === 0 ? {} : { logprobs }),
        ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
        ...(finishReason === undefined ? {} : { finish_reason: finishReason }),
      })),
    );
  }

  /** The piece of the choice that so many more tokens go into. */
  #growing(choice: number, moreTokens: number): Growing {
    const all = this.#chunks.get(choice) ?? [];
    this.#chunks.set(choice, all);
    const last = all.at(-1);
    if (last !== undefined && last.tokens.length + moreTokens <= maxTokens) return last;
    const fresh: Growing = { text: '', tokens: [], logprobs: [], toolCalls: [], finishReason: undefined };
    all.push(fresh);
    return fresh;
  }
}
