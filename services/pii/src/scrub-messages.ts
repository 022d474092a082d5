import type { PiiCount } from '@millrace/pii-policy';
import type { ErrorCode } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
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
  | { readonly refused: { readonly code: ErrorCode; readonly message: string } };
