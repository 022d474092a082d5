import type { AnalysisOptions } from '../entities/analyzer.ts';
import type { Entity } from '../entities/entity.ts';
import type { Classified } from '../names/token-classifier.ts';

/** What a thread is asked. */
export interface AnalysisRequest {
  readonly id: number;
  readonly text: string;
  readonly options: AnalysisOptions;
  /** What a model found in the pieces of the text; undefined: names are found by rules. */
  readonly classified: Classified | undefined;
  /** One number: not 0 when nobody waits any longer. */
  readonly cancelled: Int32Array<SharedArrayBuffer>;
}

export type AnalysisResponse =
  | { readonly id: number; readonly kind: 'found'; readonly entities: readonly Entity[] }
  | { readonly id: number; readonly kind: 'cancelled' }
  /** A pattern that cannot be taken; the message says why. */
  | { readonly id: number; readonly kind: 'refused'; readonly message: string }
  | { readonly id: number; readonly kind: 'failed'; readonly name: string };
