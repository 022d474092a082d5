import { answerTimings, answerUsage, type RelayCompleted } from '@millrace/relay';
import { compileValidator } from '@millrace/runtime';
import { answerHead } from '../answer-head.ts';
import type { CollectedChoices } from '../collected-choices.ts';
import type { Endpoint } from '../endpoints.ts';
import { named } from '../field-names.ts';
import { createBodyReader } from '../read-body.ts';
import { nativeFrames, type StreamStart } from '../stream-frames.ts';
import { taskAnswer } from '../task-answer.ts';
import { predictBodySchema } from './predict-schema.ts';
import { predictName, readPredict, type PredictBody } from './read-predict.ts';

/** One path for all that can be done with a text. */
export function predictEndpoint(): Endpoint {
  const readBody = createBodyReader(compileValidator<PredictBody>(predictBodySchema));
  return {
    path: '/v1/predict',
    read(value) {
      const body = readBody(value);
      const nameOf = (param: string): string => predictName(body.task, param);
      return {
        generation: named(() => readPredict(body), nameOf),
        stream: body.stream === true,
        answer: (collected, start, end) => ({ task: body.task, ...answerOf(body, collected, start, end) }),
        frames: nativeFrames,
        nameOf,
      };
    },
  };
}

/** @throws `cancelled` where it was before all labels or vectors were there */
function answerOf(
  { task, input }: PredictBody,
  collected: CollectedChoices,
  start: StreamStart,
  end: RelayCompleted,
): object {
  if (task !== 'generate') return taskAnswer(task, [input].flat().length, collected, start, end);
  const { finishReason, finishReasons = [finishReason] } = end;
  return {
    ...answerHead(start, end),
    results: finishReasons.map((finish_reason, index) => collected.shown(index, finish_reason)),
    usage: answerUsage(end.usage, end.cache),
    timings: answerTimings(end.timings),
  };
}
