import type { AnswerCost, RelayCompleted } from '@millrace/relay';
import type { StreamStart } from './stream-frames.ts';

/** What every whole answer begins with. */
export interface AnswerHead {
  readonly request_id: string;
  readonly model: string | null;
  readonly model_version: string | null;
  /** When the request was taken in, in seconds since the epoch. */
  readonly created: number;
  /** Null where the model has no price. */
  readonly cost: AnswerCost | null;
}

export function answerHead({ requestId, acceptedAt }: StreamStart, end: RelayCompleted): AnswerHead {
  return {
    request_id: requestId,
    model: end.model ?? null,
    model_version: end.modelVersion ?? null,
    created: Math.floor(acceptedAt / 1_000),
    cost: end.cost ?? null,
  };
}
