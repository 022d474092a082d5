import type { CacheHit, Usage } from '@millrace/contracts';
import type { AnswerDigest, ChunkContent } from '@millrace/stage';

/** A piece of one choice, as large as a record of the results may be. */
export interface CachedChunk extends ChunkContent {
  readonly choice: number;
}

/** An answer that came to its own end, with the placeholders of personal data still in it. */
export interface CachedAnswer {
  /** The request that it was generated for. */
  readonly requestId: string;
  readonly chunks: readonly CachedChunk[];
  /** The reason that stands for those of all choices. */
  readonly finishReason: string;
  /** By choice; empty where there is only one. */
  readonly finishReasons: readonly string[];
  readonly usage: Usage;
  readonly digest: AnswerDigest;
}

/** An answer that the cache has for a request. */
export interface FoundAnswer {
  readonly answer: CachedAnswer;
  readonly hit: CacheHit;
}

const ownEnds: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls']);

/** Whether all choices have come to an end of their own, so that the answer may be given again. */
export function endedByItself({
  finishReason,
  finishReasons,
}: Pick<CachedAnswer, 'finishReason' | 'finishReasons'>): boolean {
  return [finishReason, ...finishReasons].every((reason) => ownEnds.has(reason));
}

/** The same answer, found as it was asked for word by word. */
export function exactly(answer: CachedAnswer): FoundAnswer {
  return { answer, hit: { kind: 'EXACT', similarity: 1, request_id: answer.requestId } };
}
