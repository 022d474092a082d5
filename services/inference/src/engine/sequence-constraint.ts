import { MillraceError } from '@millrace/runtime';
import type { AnswerForm, Constraint, TokenMask } from './constraint.ts';
import type { Candidates } from './model-runner.ts';
import { maskedCandidates } from './masked-candidates.ts';

/** What holds one sequence to the form of its answer, if it has one. It never throws while a step runs: it remembers. */
export class SequenceConstraint {
  readonly #form: AnswerForm | undefined;
  readonly #earlier: Int32Array;
  #constraint: Constraint | undefined;
  #mask: TokenMask | undefined;
  #failure: MillraceError | undefined;

  /** @param continuation tokens of the answer that an earlier attempt drew */
  constructor(form: AnswerForm | undefined, continuation: Int32Array) {
    this.#form = form;
    this.#earlier = continuation;
  }

  /** Why the sequence cannot go on. */
  get failure(): MillraceError | undefined {
    return this.#failure;
  }

  /** Gets what may come next; the step that gives the logits runs at the same time. */
  async prepare(): Promise<void> {
    if (this.#form === undefined) return;
    try {
      this.#constraint ??= this.#start(this.#form);
      this.#mask = await this.#constraint.nextMask();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The candidates that may come next; undefined when it failed. */
  apply(candidates: Candidates): Candidates | undefined {
    if (this.#form === undefined) return candidates;
    if (this.#failure !== undefined || this.#mask === undefined) return undefined;
    const masked = maskedCandidates(candidates, this.#mask);
    if (masked === undefined)
      this.#fail(new MillraceError('engine_failed', 'No token fits the form of the answer'));
    return masked;
  }

  accept(token: number): void {
    this.#constraint?.accept(token);
  }

  close(): void {
    this.#constraint?.close();
  }

  #start(form: AnswerForm): Constraint {
    const constraint = form.start();
    for (const token of this.#earlier) constraint.accept(token);
    return constraint;
  }

  #fail(cause: unknown): void {
    this.#failure ??=
      cause instanceof MillraceError
        ? cause
        : new MillraceError('engine_failed', 'The answer could not be held to its form', {
            cause,
            retryable: true,
          });
  }
}
