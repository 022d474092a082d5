import type { Operation, RequestContent, RequestEvent } from '@millrace/stage';
import type { AnswerWork } from './answer.ts';

/** A model as requests get to it, whatever it does. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** Other names that it goes by in requests. */
  readonly aliases?: readonly string[] | undefined;
  /** Most tokens of prompt and answer together. */
  readonly contextLength: number;
  /** What it can be asked for. */
  readonly operations: readonly Operation[];
  /** Whether requests that name no model go to it. */
  readonly isDefault: boolean;
  /** How many requests it works on at once. */
  readonly concurrency: number;
  /** When it last did anything, in milliseconds since the epoch. */
  readonly lastProgressAt: number;
  /**
   * What it does for a request, checked against what it can do.
   *
   * @param signal aborted when the request is stopped
   * @throws what `isRefusal` knows: the request cannot be answered by this model
   */
  prepare(event: RequestEvent, content: RequestContent, signal: AbortSignal): Promise<AnswerWork>;
}
