import {
  readGeneration,
  readTask,
  type Generation,
  type GenerationBody,
  type TaskBody,
} from '@millrace/relay';
import type { Operation, TaskOperation } from '@millrace/stage';
import { renameList } from '../field-names.ts';

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

/** @throws what `readGeneration` and `readTask` throw, with the names that the fields have there: see `predictName` */
export function readPredict(body: PredictBody): Generation {
  const { model, priority, timeout_ms, cache } = body;
  const common = Object.fromEntries(
    Object.entries({ model, priority, timeout_ms, cache }).filter(([, value]) => value !== undefined),
  ) as Pick<TaskBody, Common>;
  return body.task === 'generate'
    ? readGeneration({ ...common, ...body.parameters, prompt: body.input })
    : readTask(body.task, { ...common, ...body.parameters, text: body.input });
}

/** What a field of a task is called here. */
export function predictName(task: Operation, param: string): string {
  const name = renameList(param, task === 'generate' ? 'prompt' : 'text', 'input');
  return name !== param || commonFields.has(param) ? name : `parameters.${param}`;
}

const commonFields: ReadonlySet<string> = new Set(['model', 'priority', 'timeout_ms', 'cache']);
