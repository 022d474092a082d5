import { operations, type TaskOperation } from '@millrace/stage';
import type { ApiPart } from './api-part.ts';
import { answerResponse, exchange, wholeResponse, whenGone } from './openapi-responses.ts';
import { streamedTasks, taskAnswerSchema, taskBodySchema } from './task-schema.ts';

const tasks = operations.filter((operation) => operation !== 'generate');

/** Of the schemas of a task. */
const nameOf = (task: TaskOperation): string => `${task[0]?.toUpperCase()}${task.slice(1)}`;

const summaries = {
  summarize: 'Says in short what texts say.',
  classify: 'Says which of several labels fits each text, with a probability for each.',
  translate: 'Translates texts.',
  embed: 'Makes a vector of each text: the nearer two vectors, the more alike are the texts.',
} as const satisfies Record<TaskOperation, string>;

const examples = {
  summarize: {
    text: 'The old mill stands on a river. It has ground wheat for two hundred years.',
    max_words: 8,
  },
  classify: { text: 'The striker scored two goals.', labels: ['finance', 'cooking', 'sports'] },
  translate: { text: 'Good morning.', target_language: 'French' },
  embed: { text: ['A cat sits on the mat.', 'A kitten is lying on the rug.'] },
} as const satisfies Record<TaskOperation, object>;

function taskOperation(task: TaskOperation): object {
  const answer = `${nameOf(task)}Answer`;
  return {
    operationId: task,
    summary: summaries[task],
    description: `One text, or a list whose answers come in its order. ${whenGone}`,
    ...exchange(
      nameOf(task),
      streamedTasks.has(task) ? answerResponse(answer) : wholeResponse(answer),
      examples[task],
    ),
  };
}

export const taskPart: ApiPart = {
  tag: { name: 'Tasks', description: 'What is done with a text, or with each of a list.' },
  paths: Object.fromEntries(tasks.map((task) => [`/v1/${task}`, { post: taskOperation(task) }])),
  schemas: Object.fromEntries(
    tasks.flatMap((task) => [
      [nameOf(task), taskBodySchema(task)],
      [`${nameOf(task)}Answer`, taskAnswerSchema(task)],
    ]),
  ),
};
