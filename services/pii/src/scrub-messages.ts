import type { PiiCount } from '@millrace/pii-policy';
import type { RequestContent } from '@millrace/stage';
import type { Refusal } from './refusal.ts';
import type { ScrubOptions } from './scrub.ts';

/** What is asked of a thread that scrubs. */
export interface ScrubTask {
  readonly content: RequestContent;
  readonly options: ScrubOptions;
}

/** What it answers. Messages of refusals have no content. */
export type ScrubAnswer =
  | {
      readonly content: RequestContent;
      readonly mapping: ReadonlyMap<string, string>;
      readonly counts: readonly PiiCount[];
    }
  | { readonly refused: Refusal };
