import { setImmediate as nextTurn } from 'node:timers/promises';
import { MillraceError } from '@millrace/runtime';
import type { RequestContent, TaskContent } from '@millrace/stage';
import type { LoadedModel } from '../loaded-model.ts';
import { countOf } from '../prompt.ts';
import type { PromptedOperation } from './task-templates.ts';

/** @throws `missing_value` */
export function taskOf({ task }: RequestContent): TaskContent {
  if (task !== undefined && task.texts.length > 0) return task;
  throw new MillraceError('missing_value', 'text is missing', { param: 'text' });
}

/** The field in which a text stands. */
export function fieldOf({ texts }: TaskContent, index: number): string {
  return texts.length === 1 ? 'text' : `text[${index}]`;
}

/**
 * The prompt of each text.
 *
 * @param room tokens that have to be left in the context for the answer
 * @throws `context_length_exceeded` naming the text
 */
export async function encodeTexts(
  { engine, encodePrompt, tasks }: LoadedModel,
  operation: PromptedOperation,
  task: TaskContent,
  room: number,
): Promise<readonly Int32Array[]> {
  const { contextLength } = engine.card;
  const prompts: Int32Array[] = [];
  for (const [index, text] of task.texts.entries()) {
    // Encoding takes a while, in which the engine stands still.
    if (index > 0) await nextTurn();
    const tokens = encodePrompt(tasks.messages(operation, task, text));
    prompts.push(tokens);
    if (tokens.length + room <= contextLength) continue;
    const param = fieldOf(task, index);
    throw new MillraceError(
      'context_length_exceeded',
      `${param} makes a prompt of ${countOf(tokens, contextLength)} tokens: it may have ${contextLength - room}, as prompt and answer together may have ${contextLength}`,
      { param },
    );
  }
  return prompts;
}
