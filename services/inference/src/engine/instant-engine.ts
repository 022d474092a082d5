import { setImmediate as nextTurn } from 'node:timers/promises';
import { MillraceError, type Clock } from '@millrace/runtime';
import type { Engine, ModelCard } from './engine.ts';
import type { FinishReason, Generation, Step } from './generation.ts';
import type { TokenLogprobs } from './logprobs.ts';

export interface InstantEngineOptions {
  readonly card: ModelCard;
  /** The answer to everything. */
  readonly text: string;
  /** In how many token steps it comes, at most one for each character. */
  readonly steps: number;
  readonly clock: Clock;
  /** 64 by default; more generations than that run as well. */
  readonly slots?: number;
}

/**
 * An engine without a model, for measuring everything else: it gives a fixed text in a fixed number of tokens, as fast
 * as it is read, one turn of the event loop for each. Token n stands for the n-th piece of the text.
 */
export function createInstantEngine(options: InstantEngineOptions): Engine {
  const { card, clock } = options;
  const slots = options.slots ?? 64;
  const pieces = cut(options.text, options.steps);
  let running = 0;
  let stopped = false;
  let lastProgressAt = clock.now();

  async function* generate(generation: Generation): AsyncGenerator<Step, void, undefined> {
    const { continuation, maxTokens, signal, promptTokens } = generation;
    const startedAtMs = clock.monotonicMs();
    let position = continuation.length;
    running += 1;
    try {
      if (position > 0) yield { kind: 'resumed', text: pieces.slice(0, position).join('') };
      const end = Math.min(pieces.length, maxTokens);
      while (position < end && !signal.aborted) {
        if (stopped) throw new MillraceError('unavailable', 'The engine was stopped', { retryable: true });
        const logprobs =
          generation.logprobs === undefined ? undefined : [certain(position, generation.logprobs)];
        yield { kind: 'tokens', tokens: Int32Array.of(position), logprobs, text: pieces[position] ?? '' };
        position += 1;
        lastProgressAt = clock.now();
        await nextTurn();
      }
      const reason: FinishReason =
        position >= pieces.length ? 'stop' : position >= end ? 'length' : 'cancelled';
      const timings = { queueMs: 0, prefillMs: 0, decodeMs: clock.monotonicMs() - startedAtMs };
      const counts = { promptTokens: promptTokens.length, cachedTokens: 0, completionTokens: position };
      yield { kind: 'finished', reason, text: '', timings, ...counts };
    } finally {
      running -= 1;
    }
  }

  return {
    card,
    slots,
    waiting: 0,
    healthy: true,
    prefixCache: {
      blocks: 0,
      bytes: 0,
      budgetBytes: 0,
      queriedTokens: 0,
      hitTokens: 0,
      evictedBlocks: 0,
    },
    keyValues: { blocks: 0, usedBlocks: 0, bytes: 0, usedBytes: 0 },
    onTokenInterval: () => undefined,
    generate,
    score: async ({ continuations, promptTokens, signal }) => ({
      reason: signal.aborted ? 'cancelled' : 'stop',
      logprobs: continuations.map(({ length }) => new Float64Array(length)),
      timings: { queueMs: 0, prefillMs: 0, decodeMs: 0 },
      promptTokens: promptTokens.length,
      cachedTokens: 0,
    }),
    get freeSlots() {
      return Math.max(0, slots - running);
    },
    get running() {
      return running;
    },
    get lastProgressAt() {
      return lastProgressAt;
    },
    stop() {
      stopped = true;
      return Promise.resolve();
    },
  };
}

/** The log-probabilities of a token that nothing else could have been. */
function certain(token: number, count: number): TokenLogprobs {
  return { logprob: 0, top: count === 0 ? [] : [{ token, logprob: 0 }] };
}

/** Cuts a text into pieces of about the same length, never within a character. */
function cut(text: string, count: number): string[] {
  const characters = Array.from(text);
  const pieces = Math.min(Math.max(1, count), characters.length);
  return Array.from({ length: pieces }, (_, index) =>
    characters
      .slice(
        Math.floor((index * characters.length) / pieces),
        Math.floor(((index + 1) * characters.length) / pieces),
      )
      .join(''),
  );
}
