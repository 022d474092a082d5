import {
  readGeneration,
  readTask,
  type Generation,
  type RelayCompleted,
  type TaskBody,
} from '@millrace/relay';
import { compileValidator } from '@millrace/runtime';
import { operations, type TaskOperation } from '@millrace/stage';
import type { CollectedChoices } from './collected-choices.ts';
import type { FieldNames } from './field-names.ts';
import { openAiEndpoints } from './openai/openai-endpoints.ts';
import { generateBodySchema, type GenerateBody } from './generate-schema.ts';
import { predictEndpoint } from './predict/predict-endpoint.ts';
import { createBodyReader } from './read-body.ts';
import { responseEndpoint } from './responses/response-endpoint.ts';
import { nativeFrames, type StreamFrames, type StreamStart } from './stream-frames.ts';
import { taskAnswer } from './task-answer.ts';
import { taskBodySchema } from './task-schema.ts';

/** What is asked over HTTP in one request. */
export interface Asked {
  readonly generation: Generation;
  /** Whether the answer comes as server-sent events. */
  readonly stream: boolean;
  /** Whether prompt and answer may be kept for training. */
  readonly isConsented?: boolean;
  /** The whole answer, as the client gets it. */
  readonly answer: (collected: CollectedChoices, start: StreamStart, end: RelayCompleted) => object;
  /** What a field is called here, where that is not what the platform calls it. */
  readonly nameOf?: FieldNames;
  /** Makes the events of its stream. */
  readonly frames: (start: StreamStart) => StreamFrames;
}

/** A path under which something can be asked. */
export interface Endpoint {
  readonly path: string;
  /** @throws what is wrong with the body */
  readonly read: (body: unknown) => Asked;
}

/** All of them; compiles the schemas, so do it once. */
export function createEndpoints(): readonly Endpoint[] {
  const own = operations.map((operation) => ({
    path: `/v1/${operation}`,
    read: operation === 'generate' ? createGenerationReader() : createTaskReader(operation),
  }));
  return [...own, predictEndpoint(), ...openAiEndpoints(), responseEndpoint()];
}

function createGenerationReader(): Endpoint['read'] {
  const readBody = createBodyReader(compileValidator<GenerateBody>(generateBodySchema));
  return (value) => {
    const body = readBody(value);
    return {
      generation: readGeneration(body),
      stream: body.stream === true,
      answer: (collected, start, end) => collected.answer(start, end),
      frames: nativeFrames,
    };
  };
}

interface StreamableTask extends TaskBody {
  readonly stream?: boolean;
}

function createTaskReader(operation: TaskOperation): Endpoint['read'] {
  const readBody = createBodyReader(compileValidator<StreamableTask>(taskBodySchema(operation)));
  return (value) => {
    const body = readBody(value);
    const texts = [body.text].flat().length;
    return {
      generation: readTask(operation, body),
      stream: body.stream === true,
      answer: (collected, start, end) => taskAnswer(operation, texts, collected, start, end),
      frames: nativeFrames,
    };
  };
}
