import type { Classified } from '@millrace/pii-detectors/names';
import type { PiiCount } from '@millrace/pii-policy';
import type { RequestContent } from '@millrace/stage';
import type { Refusal } from './refusal.ts';
import type { Unclassified } from './scrub-classified.ts';
import type { ScrubOptions } from './scrub.ts';

/** What is asked of a thread that scrubs. */
export interface ScrubTask {
  readonly content: RequestContent;
  readonly options: ScrubOptions;
  /** What a model found so far; undefined: names are found by rules. */
  readonly classified?: Classified;
}

/** What it answers. Messages of refusals have no content. */
export type ScrubAnswer =
  | {
      readonly content: RequestContent;
      readonly mapping: ReadonlyMap<string, string>;
      readonly counts: readonly PiiCount[];
    }
  | Unclassified
  | { readonly refused: Refusal };
