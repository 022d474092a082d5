import type { DrawnToken } from './draw-token.ts';
import type { FinishedStep, FinishReason, Generation } from './generation.ts';
import { logprobsOf } from './logprobs.ts';
import type { Candidates } from './model-runner.ts';
import { neutralSampling } from './neutral-sampling.ts';
import { planScoring, type ScoringStep } from './scoring-plan.ts';
import type { Scores, Scoring } from './scoring.ts';
import { Sequence, type SequenceContext } from './sequence.ts';
import type { StepChannel } from './step-channel.ts';

/**
 * Continuations that are scored inside the engine. To the scheduler it is a sequence like any other: its prompt is prefilled, or
 * found in the prefix cache, then it decodes in one batch with the others. What it feeds in is not drawn but known, and where a
 * continuation ends it goes back to where the next one branches off: positions behind that are written anew.
 */
export class ScoringSequence extends Sequence {
  readonly #steps: readonly ScoringStep[];
  readonly #logprobs: readonly Float64Array[];
  #next = 0;

  constructor(scoring: Scoring, context: SequenceContext, channel: StepChannel) {
    super(generationOf(scoring), context, channel);
    this.#steps = planScoring(scoring.continuations);
    this.#logprobs = scoring.continuations.map(({ length }) => new Float64Array(length));
  }

  /** Reads the log-probabilities of the present step. @returns the token that is fed in next; -1 when there is none */
  read(candidates: Candidates): DrawnToken {
    for (const { token, continuation, index } of this.#steps[this.#next]?.wanted ?? []) {
      const { logprob } = logprobsOf(candidates, token, 0);
      const logprobs = this.#logprobs[continuation];
      if (logprobs !== undefined) logprobs[index] = logprob;
    }
    this.#next += 1;
    return { token: this.#steps[this.#next]?.token ?? -1, logprobs: undefined };
  }

  override accept({ token }: DrawnToken): FinishReason | undefined {
    this.sawToken();
    const step = this.#steps[this.#next];
    if (step === undefined) return 'stop';
    this.lastToken = token;
    this.cached = this.generation.promptTokens.length + step.offset;
    return undefined;
  }

  scores({ reason, timings, promptTokens, cachedTokens }: FinishedStep): Scores {
    return { reason, logprobs: this.#logprobs, timings, promptTokens, cachedTokens };
  }
}

/** What the engine reads of a sequence, whatever it is for. */
function generationOf({ requestId, cacheScope, priority, promptTokens, signal }: Scoring): Generation {
  return {
    requestId,
    cacheScope,
    priority,
    promptTokens,
    continuation: new Int32Array(),
    maxTokens: 1,
    ...neutralSampling,
    seed: 0n,
    // The same text always gets the same scores.
    reproducible: true,
    stop: [],
    signal,
  };
}
