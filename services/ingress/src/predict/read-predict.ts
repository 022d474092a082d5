import {
  readGeneration,
  readTask,
  type Generation,
  type GenerationBody,
  type TaskBody,
} from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import type { Operation, TaskOperation } from '@millrace/stage';

type Common = 'model' | 'priority' | 'timeout_ms' | 'cache';

interface TaskPrediction extends Pick<TaskBody, Common> {
  readonly task: TaskOperation;
  readonly input: TaskBody['text'];
  readonly parameters?: Omit<TaskBody, Common | 'text'>;
  readonly stream?: boolean;
}

interface GeneratePrediction extends Pick<GenerationBody, Common> {
  readonly task: 'generate';
  readonly input: string;
  readonly parameters?: Omit<GenerationBody, Common | 'prompt' | 'messages'>;
  readonly stream?: boolean;
}

/** A body that fits `predictBodySchema`. */
export type PredictBody = TaskPrediction | GeneratePrediction;

/** @throws what `readGeneration` and `readTask` throw, with the names that the fields have here */
export function readPredict(body: PredictBody): Generation {
  const { model, priority, timeout_ms, cache } = body;
  const common = Object.fromEntries(
    Object.entries({ model, priority, timeout_ms, cache }).filter(([, value]) => value !== undefined),
  ) as Pick<TaskBody, Common>;
  try {
    return body.task === 'generate'
      ? readGeneration({ ...common, ...body.parameters, prompt: body.input })
      : readTask(body.task, { ...common, ...body.parameters, text: body.input });
  } catch (error) {
    throw renamed(error, body.task);
  }
}

/** Says of a field what it is called here. */
function renamed(error: unknown, task: Operation): unknown {
  if (!(error instanceof MillraceError) || error.param === undefined) return error;
  const { code, message, param, retryable, retryAfterMs } = error;
  const text = task === 'generate' ? 'prompt' : 'text';
  const isText = param === text || param.startsWith(`${text}[`);
  if (!isText && commonFields.has(param)) return error;
  const name = isText ? `input${param.slice(text.length)}` : `parameters.${param}`;
  return new MillraceError(code, message.startsWith(param) ? name + message.slice(param.length) : message, {
    param: name,
    retryable,
    retryAfterMs,
    cause: error,
  });
}

const commonFields: ReadonlySet<string> = new Set(['model', 'priority', 'timeout_ms', 'cache']);
