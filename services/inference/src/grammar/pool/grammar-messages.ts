import type { EncodedVocabulary } from './vocabulary.ts';

/** What the thread of a grammar is started with. */
export interface GrammarWorkerData {
  readonly vocabulary: EncodedVocabulary;
  /** In xgrammar's EBNF. */
  readonly grammar: string;
}

/** Matchers are numbered by whoever asks; one begins with its first step. */
export type GrammarRequest =
  | { readonly kind: 'step'; readonly matcher: number; readonly accept: readonly number[] }
  | { readonly kind: 'close'; readonly matcher: number };

export type GrammarResponse =
  | { readonly kind: 'ready' }
  /** Bit `token % 32` of word `token / 32` says whether the token may come next. */
  | { readonly kind: 'mask'; readonly matcher: number; readonly mask: Int32Array }
  | { readonly kind: 'rejected'; readonly matcher: number }
  | { readonly kind: 'closed'; readonly matcher: number };
