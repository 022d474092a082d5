import { MillraceError, type Clock } from '@millrace/runtime';
import { drawToken, type DrawnToken } from './draw-token.ts';
import type { FinishReason, Generation, Step } from './generation.ts';
import { keyValueUsage, type KeyValueUsage } from './key-value-usage.ts';
import type { Candidates, DecodeRow, ModelRunner } from './model-runner.ts';
import { PrefixCache, type PrefixCacheStatistics } from './prefix-cache.ts';
import { uniformAt } from './random.ts';
import { RunningChunk, type PrefillAction } from './running-chunk.ts';
import { Scheduler, type Action, type SlotMove } from './scheduler.ts';
import { ScoringSequence } from './scoring-sequence.ts';
import type { Scores, Scoring } from './scoring.ts';
import { Sequence } from './sequence.ts';
import { defaultStalledAfterMs } from './stalled-after.ts';
import { StepChannel } from './step-channel.ts';
import type { TokenBytes } from './token-text.ts';
import { validateGeneration } from './validate-generation.ts';
import { validateScoring } from './validate-scoring.ts';

export type { Generation, Step } from './generation.ts';

export interface ModelCard {
  readonly name: string;
  readonly version: string;
  /** Tokens of prompt and answer together. */
  readonly contextLength: number;
  readonly vocabularySize: number;
}

export interface Engine {
  readonly card: ModelCard;
  /** How many generations can run at the same time. */
  readonly slots: number;
  /** How many more generations would start at once; further ones wait for their turn. */
  readonly freeSlots: number;
  /** Generations in a slot, and those that wait for one. */
  readonly running: number;
  readonly waiting: number;
  /** False once the runner has failed, and while there is work but nothing advances. */
  readonly healthy: boolean;
  readonly prefixCache: PrefixCacheStatistics;
  readonly keyValues: KeyValueUsage;
  /** When last a step ended or work came to an idle engine: milliseconds since 1970. */
  readonly lastProgressAt: number;
  /** Calls the listener with the milliseconds between two tokens of a sequence, for each but its first. */
  onTokenInterval(listener: (ms: number) => void): void;
  /**
   * Starts a generation. Its steps are read by iterating once; whoever doesn't iterate aborts the signal.
   *
   * Leaving the loop or aborting the signal ends it before the next step and frees its slot.
   *
   * @throws MillraceError missing_value, invalid_value or context_length_exceeded at once; while iterating
   *   engine_failed when the runner failed, unavailable when the engine was stopped (both can be continued elsewhere)
   */
  generate(generation: Generation): AsyncIterable<Step>;
  /**
   * Scores continuations of a prompt, fair with all generations and in one batch with them. Aborting the signal ends it before the
   * next step.
   *
   * @throws MillraceError missing_value, invalid_value or context_length_exceeded at once; engine_failed and unavailable as above
   */
  score(scoring: Scoring): Promise<Scores>;
  /** Fails what still runs with `unavailable`, waits for the step in flight and closes the runner. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  readonly name: string;
  readonly version: string;
  /** The engine owns it from here on. */
  readonly runner: ModelRunner;
  readonly tokenBytes: TokenBytes;
  /** Tokens with which the model ends its answer. */
  readonly endTokens: ReadonlySet<number>;
  readonly clock: Clock;
  /** Most bytes that the prefix cache takes; 0, the default, is none. */
  readonly prefixCacheBytes?: number;
  /** Tokens with which prompts begin that are not a tenant's own. */
  readonly publicPrefix?: Int32Array;
  /** Shares of tenants where prompts wait for each other; 1 for one that is not there. */
  readonly tenantWeights?: ReadonlyMap<string, number> | undefined;
  /** A step that takes longer makes the engine unhealthy. */
  readonly stalledAfterMs?: number;
}

export function createEngine(options: EngineOptions): Engine {
  return new BatchingEngine(options);
}

/** Blocks of the prefix cache that are copied in one turn, while no other sequence advances. */
const blocksAtOnce = 8;

/** Runs what the scheduler says, one step after the other, as long as there is work. */
class BatchingEngine implements Engine {
  readonly card: ModelCard;
  readonly slots: number;
  readonly #options: EngineOptions;
  readonly #runner: ModelRunner;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler<Sequence>;
  readonly #chunk: RunningChunk;
  readonly #prefixCache: PrefixCache;
  readonly #intervalListeners: ((ms: number) => void)[] = [];
  #lastProgressAt: number;
  #lastProgressMs: number;
  #failure: MillraceError | undefined;
  #stopping: Promise<void> | undefined;
  #looping = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: EngineOptions) {
    const { runner, clock, name, version } = options;
    this.card = { name, version, contextLength: runner.contextLength, vocabularySize: runner.vocabularySize };
    this.slots = runner.slots;
    this.#options = options;
    this.#runner = runner;
    this.#clock = clock;
    this.#scheduler = new Scheduler(runner);
    this.#chunk = new RunningChunk(this.#scheduler);
    this.#prefixCache = new PrefixCache({
      blockTokens: runner.prefillChunk,
      blockBytes: runner.blockBytes,
      budgetBytes: options.prefixCacheBytes ?? 0,
      ...(options.publicPrefix === undefined ? {} : { publicPrefix: options.publicPrefix }),
    });
    this.#lastProgressAt = clock.now();
    this.#lastProgressMs = clock.monotonicMs();
  }

  get freeSlots(): number {
    return this.#closed() === undefined ? this.#scheduler.freeSlots : 0;
  }

  get running(): number {
    return this.#scheduler.running;
  }

  get waiting(): number {
    return this.#scheduler.waiting;
  }

  get prefixCache(): PrefixCacheStatistics {
    return this.#prefixCache.statistics;
  }

  get keyValues(): KeyValueUsage {
    return keyValueUsage(
      this.#runner,
      this.#scheduler.sequences().flatMap(({ slot, cached }) => (slot === -1 ? [] : [cached])),
    );
  }

  onTokenInterval(listener: (ms: number) => void): void {
    this.#intervalListeners.push(listener);
  }

  get lastProgressAt(): number {
    return this.#lastProgressAt;
  }

  get healthy(): boolean {
    if (this.#failure !== undefined) return false;
    const idleMs = this.#clock.monotonicMs() - this.#lastProgressMs;
    return !this.#looping || idleMs <= (this.#options.stalledAfterMs ?? defaultStalledAfterMs);
  }

  generate(generation: Generation): AsyncIterable<Step> {
    validateGeneration(generation, this.card);
    return this.#start(generation, (channel) => new Sequence(generation, this.#sequenceContext(), channel))
      .channel;
  }

  async score(scoring: Scoring): Promise<Scores> {
    validateScoring(scoring, this.card);
    const sequence = this.#start(
      scoring,
      (channel) => new ScoringSequence(scoring, this.#sequenceContext(), channel),
    );
    for await (const step of sequence.channel) if (step.kind === 'finished') return sequence.scores(step);
    throw new MillraceError('engine_failed', 'The engine ended without saying why.');
  }

  #start<S extends Sequence>(
    { signal }: { readonly signal: AbortSignal },
    make: (channel: StepChannel) => S,
  ): S {
    const cancel = (): void => {
      sequence.cancelled = true;
      signal.removeEventListener('abort', cancel);
    };
    const channel = new StepChannel(cancel, () => signal.removeEventListener('abort', cancel));
    const sequence = make(channel);
    const closed = this.#closed();
    if (closed !== undefined) {
      sequence.fail(closed);
      return sequence;
    }
    const end = signal.aborted ? 'cancelled' : sequence.resume();
    if (end !== undefined) {
      sequence.finish(end);
      return sequence;
    }
    signal.addEventListener('abort', cancel, { once: true });
    this.#scheduler.add(sequence);
    this.#chunk.makeWayFor(sequence);
    this.#wake();
    return sequence;
  }

  stop(): Promise<void> {
    if (this.#stopping === undefined) {
      this.#failAll(stopped());
      this.#stopping = this.#loop.then(() => this.#runner.close());
    }
    return this.#stopping;
  }

  /** Why no generation can run any more. */
  #closed(): MillraceError | undefined {
    return this.#failure ?? (this.#stopping === undefined ? undefined : stopped());
  }

  #sequenceContext(): ConstructorParameters<typeof Sequence>[1] {
    const { tokenBytes, endTokens, tenantWeights } = this.#options;
    const { contextLength } = this.card;
    return {
      contextLength,
      endTokens,
      tokenBytes,
      tenantWeights,
      monotonicMs: () => this.#clock.monotonicMs(),
      onTokenInterval: (ms) => {
        for (const listener of this.#intervalListeners) listener(ms);
      },
    };
  }

  #wake(): void {
    if (this.#looping) return;
    this.#looping = true;
    this.#progressed();
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // what else is asked for in this turn of the event loop comes along
    try {
      for (let action = this.#nextAction(); action !== undefined; action = this.#nextAction()) {
        await (action.kind === 'prefill' ? this.#prefill(action) : this.#decode(action.sequences));
        this.#progressed();
      }
    } catch (error) {
      this.#failure = new MillraceError('engine_failed', 'The engine failed while it generated', {
        cause: error,
        retryable: true,
      });
      this.#failAll(this.#failure);
    } finally {
      this.#looping = false;
    }
  }

  #nextAction(): Action<Sequence> | undefined {
    for (const sequence of this.#scheduler.sequences()) {
      if (sequence.cancelled) this.#finish(sequence, 'cancelled');
    }
    return this.#scheduler.next();
  }

  async #prefill(action: PrefillAction): Promise<void> {
    const { sequence, start, end, last } = action;
    sequence.started();
    if (this.#loadPrefix(sequence)) return;
    const tokens = sequence.prefix.subarray(start, end);
    let candidates: Candidates | undefined;
    const whole = await this.#chunk.run(action, async (signal) => {
      [candidates] = await Promise.all([
        this.#runner.prefill(sequence.slot, tokens, start, last, signal),
        last ? sequence.constraint.prepare() : undefined,
      ]);
    });
    if (!whole) return;
    sequence.cached = end;
    if (tokens.length === this.#runner.prefillChunk) {
      const block = sequence.walk?.save(start);
      if (block !== undefined) this.#runner.saveBlock(sequence.slot, start, block);
    }
    if (!last || sequence.ended || sequence.cancelled) return;
    if (candidates === undefined)
      throw new MillraceError('engine_failed', 'The last chunk gave no candidates');
    const drawn = this.#draw(sequence, candidates);
    if (drawn === undefined) return;
    const reason = sequence.accept(drawn);
    if (reason === undefined) this.#move(this.#scheduler.prefilled(sequence));
    else this.#finish(sequence, reason);
  }

  /** Takes blocks from the prefix cache, no more at once than cost about as much as a step. @returns whether there were any */
  #loadPrefix(sequence: Sequence): boolean {
    sequence.walk ??= this.#prefixCache.walk(sequence.generation.cacheScope, sequence.prefix);
    const { prefillChunk } = this.#runner;
    for (let count = 0; count < blocksAtOnce; count += 1) {
      const block = sequence.walk.load();
      if (block === undefined) return count > 0;
      this.#runner.loadBlock(sequence.slot, sequence.cached, block);
      sequence.cached += prefillChunk;
      sequence.loaded += prefillChunk;
    }
    return true;
  }

  /**
   * A batch of one takes other kernels than a larger one, whose sums are rounded otherwise, and 8-bit activations make much of
   * little: so a lone sequence that has to be reproducible gets a second row.
   */
  async #decode(sequences: readonly Sequence[]): Promise<void> {
    const rows: DecodeRow[] = sequences.map(({ lastToken, cached }) => ({
      token: lastToken,
      position: cached,
    }));
    const [first] = sequences;
    const draft = sequences.length === 1 ? (first?.draft() ?? []) : [];
    if (first !== undefined && draft.length > 0) return this.#extend(first, draft);
    if (sequences.length === 1 && first?.generation.reproducible === true) {
      rows.push({ token: first.lastToken, position: this.#scheduler.cachedIn(1), isPadding: true });
    }
    const [candidates] = await Promise.all([
      this.#runner.decode(rows),
      ...sequences.map(({ constraint }) => constraint.prepare()),
    ]);
    for (const sequence of sequences) sequence.cached += 1;
    const drawn = sequences.map((sequence, row) => {
      const offered = candidates[row];
      if (offered === undefined) throw new MillraceError('engine_failed', `Row ${row} got no candidates`);
      return sequence.ended || sequence.cancelled ? undefined : this.#draw(sequence, offered);
    });
    for (const [row, sequence] of sequences.entries()) {
      const next = drawn[row];
      if (next === undefined) continue;
      const reason = sequence.accept(next);
      if (reason !== undefined) this.#finish(sequence, reason);
    }
  }

  /** Computes a lone sequence's next token and, in the same step, what would follow if the next ones are as expected. */
  async #extend(sequence: Sequence, draft: readonly number[]): Promise<void> {
    const offered = await this.#runner.extend([sequence.lastToken, ...draft], sequence.cached);
    for (const [row, candidates] of offered.entries()) {
      sequence.cached += 1;
      if (sequence.ended || sequence.cancelled) return;
      const drawn = this.#draw(sequence, candidates);
      if (drawn === undefined) return;
      const reason = sequence.accept(drawn);
      if (reason !== undefined) return this.#finish(sequence, reason);
      if (drawn.token === draft[row]) continue;
      return sequence.lookup.judge(draft.length, row);
    }
  }

  /** @returns undefined for a sequence that cannot be held to its form: it has failed then */
  #draw(sequence: Sequence, candidates: Candidates): DrawnToken | undefined {
    if (sequence instanceof ScoringSequence) return sequence.read(candidates);
    const { generation, penalties, cached, constraint } = sequence;
    const allowed = constraint.apply(candidates);
    if (allowed !== undefined) {
      const uniform = uniformAt(generation.seed, cached);
      return drawToken(candidates, allowed, generation, penalties, uniform, this.card.vocabularySize);
    }
    sequence.cancelled = true; // leaves its slot before the next step
    sequence.fail(constraint.failure ?? new MillraceError('engine_failed', 'The answer has lost its form'));
    return undefined;
  }

  #finish(sequence: Sequence, reason: FinishReason): void {
    this.#move(this.#scheduler.remove(sequence));
    sequence.finish(reason);
  }

  #failAll(error: MillraceError): void {
    for (const sequence of this.#scheduler.sequences()) {
      this.#scheduler.remove(sequence);
      sequence.fail(error);
    }
  }

  #move(moves: readonly SlotMove[]): void {
    for (const { from, to, length } of moves) this.#runner.moveSlot(from, to, length);
  }

  #progressed(): void {
    this.#lastProgressAt = this.#clock.now();
    this.#lastProgressMs = this.#clock.monotonicMs();
  }
}

function stopped(): MillraceError {
  return new MillraceError('unavailable', 'The engine was stopped', { retryable: true });
}
