import type { DrawnToken } from './draw-token.ts';
import type { FinishedStep, FinishReason, Generation, GenerationTimings } from './generation.ts';
import type { PrefixWalk } from './prefix-cache.ts';
import { Penalties } from './penalties.ts';
import { priorityWeights } from './priority-weights.ts';
import { PromptLookup } from './prompt-lookup.ts';
import type { Schedulable } from './scheduler.ts';
import { SequenceConstraint } from './sequence-constraint.ts';
import type { StepChannel } from './step-channel.ts';
import { TokenText, type TokenBytes } from './token-text.ts';

export interface SequenceContext {
  readonly contextLength: number;
  readonly endTokens: ReadonlySet<number>;
  readonly tokenBytes: TokenBytes;
  readonly tenantWeights: ReadonlyMap<string, number> | undefined;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  readonly onTokenInterval: (ms: number) => void;
}

/** One generation inside the engine: its tokens, where they are in the cache, and what its reader gets to see. */
export class Sequence implements Schedulable {
  readonly generation: Generation;
  readonly channel: StepChannel;
  /** Prompt and continuation: what is prefilled. */
  readonly prefix: Int32Array;
  /** What the tokens so far do to the logits of the next one. */
  readonly penalties: Penalties;
  readonly constraint: SequenceConstraint;
  readonly lookup = new PromptLookup();
  slot = -1;
  cached = 0;
  /** Its way along the prefix cache, and the positions that came from there. */
  walk: PrefixWalk | undefined;
  loaded = 0;
  /** Whether its last chunk was stopped for somebody else. */
  gaveWay = false;
  /** The token that the next decode step feeds in. */
  lastToken = -1;
  /** Set from outside between steps: by the signal, or by a reader that left. */
  cancelled = false;

  readonly #context: SequenceContext;
  readonly #text: TokenText;
  readonly #maxCompletionTokens: number;
  readonly #queuedAtMs: number;
  #completionTokens = 0;
  #startedAtMs: number | undefined;
  #firstTokenAtMs: number | undefined;
  #lastTokenAtMs: number | undefined;
  #stoppedByText = false;
  /** What the look-up has not seen yet. */
  readonly #drawn: number[] = [];
  #ended = false;

  constructor(generation: Generation, context: SequenceContext, channel: StepChannel) {
    this.generation = generation;
    this.channel = channel;
    this.#context = context;
    this.penalties = new Penalties(generation, generation.promptTokens);
    this.constraint = new SequenceConstraint(generation.form, generation.continuation);
    this.#text = new TokenText(context.tokenBytes, generation.stop);
    this.prefix = concatenate(generation.promptTokens, generation.continuation);
    this.#maxCompletionTokens = Math.min(
      generation.maxTokens,
      context.contextLength - generation.promptTokens.length,
    );
    this.#queuedAtMs = context.monotonicMs();
  }

  get tenant(): string {
    return this.generation.cacheScope;
  }

  get weight(): number {
    return priorityWeights[this.generation.priority] * (this.#context.tenantWeights?.get(this.tenant) ?? 1);
  }

  get prefixLength(): number {
    return this.prefix.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Runs the text over the continuation and tells the reader what it stood for.
   *
   * @returns the reason if the continuation had already come to the end of the answer
   */
  resume(): FinishReason | undefined {
    if (this.generation.continuation.length === 0) return undefined;
    let released = '';
    let end: FinishReason | undefined;
    for (const token of this.generation.continuation) {
      const taken = this.#take(token);
      released += taken.text;
      end = taken.end;
      if (end !== undefined) break;
    }
    this.channel.pushResumed(released);
    return end;
  }

  /**
   * Guesses of the tokens behind the last one. None for a sequence that has to be reproducible, since the step is another one, nor
   * for one that is held to a form, which says after each token what may follow.
   */
  draft(): number[] {
    if (this.generation.reproducible || this.generation.form !== undefined) return [];
    if (this.lookup.size === 0) this.lookup.add(this.prefix);
    this.lookup.add(this.#drawn.splice(0));
    return this.lookup.draft(this.#context.contextLength - this.cached - 1);
  }

  started(): void {
    this.#startedAtMs ??= this.#context.monotonicMs();
  }

  /**
   * Takes the token that was drawn.
   *
   * @returns the reason if the answer ends with it
   */
  accept(drawn: DrawnToken): FinishReason | undefined {
    this.sawToken();
    this.#timeToken();
    const { text, end, counted } = this.#take(drawn.token);
    if (counted) {
      this.constraint.accept(drawn.token);
      this.channel.pushToken(drawn, text);
    }
    this.lastToken = drawn.token;
    this.#drawn.push(drawn.token);
    return end;
  }

  /** The logits behind the prompt are there. */
  protected sawToken(): void {
    this.#firstTokenAtMs ??= this.#context.monotonicMs();
  }

  #timeToken(): void {
    const now = this.#context.monotonicMs();
    if (this.#lastTokenAtMs !== undefined) this.#context.onTokenInterval(now - this.#lastTokenAtMs);
    this.#lastTokenAtMs = now;
  }

  finish(reason: FinishReason): void {
    if (this.#ended) return;
    this.#ended = true;
    const flushed = reason === 'cancelled' || this.#stoppedByText ? '' : this.#text.flush();
    const finished: FinishedStep = {
      kind: 'finished',
      reason,
      text: flushed,
      timings: this.#timings(),
      promptTokens: this.generation.promptTokens.length,
      cachedTokens: Math.min(this.loaded, this.generation.promptTokens.length),
      completionTokens: this.#completionTokens,
    };
    this.constraint.close();
    this.channel.finish(finished);
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.constraint.close();
    this.channel.fail(error);
  }

  #take(token: number): { text: string; end: FinishReason | undefined; counted: boolean } {
    if (this.#context.endTokens.has(token)) return { text: '', end: 'stop', counted: false };
    this.penalties.record(token);
    this.#completionTokens += 1;
    const { text, stopped } = this.#text.push(token);
    this.#stoppedByText = stopped;
    if (stopped) return { text, end: 'stop', counted: true };
    const end = this.#completionTokens >= this.#maxCompletionTokens ? 'length' : undefined;
    return { text, end, counted: true };
  }

  #timings(): GenerationTimings {
    const now = this.#context.monotonicMs();
    const startedAt = this.#startedAtMs ?? now;
    const firstTokenAt = this.#firstTokenAtMs ?? now;
    return {
      queueMs: startedAt - this.#queuedAtMs,
      prefillMs: firstTokenAt - startedAt,
      decodeMs: now - firstTokenAt,
    };
  }
}

function concatenate(first: Int32Array, second: Int32Array): Int32Array {
  const all = new Int32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
