import type { ChunkContent, TokenLogprobs, ToolCall } from './content.ts';

/** A piece of a choice: tokens and the text that they let through. */
export interface Piece {
  readonly text: string;
  readonly tokens: ArrayLike<number>;
  /** One for each token, where the request asks for them. */
  readonly logprobs?: readonly TokenLogprobs[] | undefined;
  /** With the last piece of a choice that calls functions. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** With the last piece of a choice, where there are several choices. */
  readonly finishReason?: string | undefined;
}

/** Tokens of one record: with their log-probabilities they have to fit into a message. */
const maxTokens = 256;

/** Pieces of one choice that wait to be published together. */
export class PendingChunk {
  #tokens: number[] = [];
  #logprobs: TokenLogprobs[] = [];
  #text = '';
  #toolCalls: readonly ToolCall[] = [];
  #finishReason: string | undefined;

  get tokenCount(): number {
    return this.#tokens.length;
  }

  get isEmpty(): boolean {
    const isOpen = this.#finishReason === undefined && this.#toolCalls.length === 0;
    return this.#tokens.length === 0 && this.#text === '' && isOpen;
  }

  add({ tokens, text, logprobs = [], toolCalls = [], finishReason }: Piece): void {
    for (let index = 0; index < tokens.length; index += 1) this.#tokens.push(tokens[index] as number);
    for (const each of logprobs) this.#logprobs.push(each);
    this.#text += text;
    if (toolCalls.length > 0) this.#toolCalls = toolCalls;
    this.#finishReason ??= finishReason;
  }

  /** Takes out what one record holds: all of it, or the first tokens without the text. */
  take(): ChunkContent {
    const tokens = this.#tokens.splice(0, maxTokens);
    const logprobs = this.#logprobs.splice(0, maxTokens);
    const reported = logprobs.length === 0 ? {} : { logprobs };
    if (this.#tokens.length > 0) return { text: '', tokens, ...reported };
    const text = this.#text;
    const finishReason = this.#finishReason;
    const toolCalls = this.#toolCalls;
    this.#toolCalls = [];
    this.#text = '';
    this.#finishReason = undefined;
    return {
      text,
      tokens,
      ...reported,
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
      ...(finishReason === undefined ? {} : { finish_reason: finishReason }),
    };
  }
}
