import {
  constraintProperties,
  generationProperties,
  maxContentBytes,
  requiredTaskProperties,
  samplingProperties,
  taskProperties,
  timingsSchema,
  usageSchema,
} from '@millrace/relay';
import { operations, type Operation } from '@millrace/stage';
import {
  answerProperties,
  generateAnswerSchema,
  requiredAnswerProperties,
  streamSchema,
} from '../generate-schema.ts';
import { streamedTasks, taskResultSchemas } from '../task-schema.ts';

const { model, max_tokens, stop, priority, timeout_ms, cache } = generationProperties;
const common = { model, priority, timeout_ms, cache } as const;

/** What is said beside the input, by task. */
function parametersOf(task: Operation): object {
  if (task === 'generate') return { max_tokens, ...samplingProperties, stop, ...constraintProperties };
  const elsewhere = new Set([...Object.keys(common), 'text']);
  return Object.fromEntries(Object.entries(taskProperties[task]).filter(([name]) => !elsewhere.has(name)));
}

function requiredOf(task: Operation): readonly string[] {
  return task === 'generate' ? [] : requiredTaskProperties[task].filter((name) => name !== 'text');
}

function inputOf(task: Operation): object {
  if (task !== 'generate') return taskProperties[task].text;
  return {
    type: 'string',
    minLength: 1,
    description: `What to answer: a text of up to ${maxContentBytes} bytes.`,
    'x-content': true,
  };
}

function bodyOf(task: Operation): object {
  const required = requiredOf(task);
  const isStreamed = task === 'generate' || streamedTasks.has(task);
  return {
    required: ['task', 'input', ...(required.length === 0 ? [] : ['parameters'])],
    additionalProperties: false,
    properties: {
      task: { const: task, description: 'What is to be done.' },
      input: inputOf(task),
      parameters: {
        type: 'object',
        required,
        additionalProperties: false,
        description: `What POST /v1/${task} takes beside the text.`,
        properties: parametersOf(task),
      },
      ...common,
      ...(isStreamed ? { stream: streamSchema } : {}),
    },
  };
}

/** The body of `POST /v1/predict`. It validates, and the OpenAPI document is made of it. */
export const predictBodySchema = {
  title: 'Predict',
  type: 'object',
  discriminator: { propertyName: 'task' },
  oneOf: operations.map(bodyOf),
};

const { text, finish_reason, logprobs, tool_calls } = generateAnswerSchema.properties;
const generated = {
  type: 'object',
  required: ['text', 'finish_reason'],
  additionalProperties: false,
  properties: { text, finish_reason, logprobs, tool_calls },
} as const;

const resultOf = (task: Operation): object => (task === 'generate' ? generated : taskResultSchemas[task]);

/** The answer to `POST /v1/predict`. */
export const predictAnswerSchema = {
  title: 'Predict answer',
  type: 'object',
  discriminator: { propertyName: 'task' },
  oneOf: operations.map((task) => ({
    required: ['task', ...requiredAnswerProperties, 'results', 'usage', 'timings'],
    additionalProperties: false,
    properties: {
      task: { const: task, description: 'What was asked for.' },
      ...answerProperties,
      results: {
        type: 'array',
        description:
          task === 'generate' ? 'One for each choice.' : 'One for each text, in the order of the texts.',
        items: resultOf(task),
      },
      usage: usageSchema,
      timings: timingsSchema,
    },
  })),
};
