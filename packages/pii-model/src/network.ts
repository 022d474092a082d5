import type { EntityType } from '@millrace/pii-detectors/types';
import { MillraceError } from '@millrace/runtime';
import type { Window, WindowLimits } from './windows.ts';

/** Words of a window that are a name. */
export interface WordSpan {
  readonly type: EntityType;
  /** Index of the first word. */
  readonly from: number;
  /** Index behind the last word. */
  readonly to: number;
  /** 0 to 1. */
  readonly score: number;
}

/** A model of names, of whatever kind. */
export interface Network extends WindowLimits {
  /** Tokens that stand in each row beside those of the window. */
  readonly framing: number;
  /**
   * @returns for each window its names, in any order; they don't overlap
   * @throws as `Graph.run`
   */
  find(windows: readonly Window[], signal: AbortSignal): Promise<readonly (readonly WordSpan[])[]>;
}

/** What is less sure is nothing. */
export const leastScore = 0.25;

export const notANumber = (): MillraceError =>
  new MillraceError('engine_failed', 'The model of names gave what is no number.');
