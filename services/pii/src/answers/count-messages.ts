import type { GeneratedTexts, PiiCount, PiiPolicy } from '@millrace/pii-policy';

/** What the thread is to count. */
export interface CountTask {
  readonly policy: PiiPolicy;
  readonly generated: GeneratedTexts;
}

/** What it has found. An error says no more than its name: its message might quote the text. */
export type CountAnswer = { readonly counts: readonly PiiCount[] } | { readonly failed: string };
