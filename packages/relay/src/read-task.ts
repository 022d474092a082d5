import { MillraceError, requireWellFormed } from '@millrace/runtime';
import type { TaskContent, TaskOperation } from '@millrace/stage';
import { cacheUses } from './cache-uses.ts';
import { generationProperties, maxContentBytes } from './generation-schema.ts';
import { priorities } from './priorities.ts';
import { readSampling } from './read-sampling.ts';
import type { Generation } from './submission.ts';
import { taskProperties, type TaskBody } from './task-schema.ts';

/**
 * What a body that fits the schema of its task asks for, with the defaults filled in.
 *
 * @throws `missing_value`, `invalid_value`, `conflicting_values`, `payload_too_large`, `invalid_unicode`
 */
export function readTask(operation: TaskOperation, body: TaskBody): Generation {
  const task = taskOf(body);
  requireWellFormed(body);
  requireText(task, body);
  requireSize(task);
  if (task.labels !== undefined) requireLabels(task.labels, task.top_k);
  const { temperature } = taskProperties.summarize;
  return {
    operation,
    model: body.model,
    content: { messages: [], stop: [], task },
    parameters: {
      max_tokens: body.max_tokens ?? defaultMaxTokens(body),
      ...readSampling({ temperature: body.temperature ?? temperature.default, n: task.texts.length }),
    },
    isMaxTokensGiven: body.max_tokens !== undefined,
    seed: body.seed,
    priority: priorities[body.priority ?? generationProperties.priority.default],
    timeoutMs: body.timeout_ms,
    cache: cacheUses[body.cache ?? generationProperties.cache.default],
  };
}

function taskOf(body: TaskBody): TaskContent {
  const { text, labels, top_k, source_language, target_language, max_words } = body;
  return {
    texts: [text].flat(),
    ...(labels === undefined ? {} : { labels }),
    ...(top_k === undefined ? {} : { top_k }),
    ...(source_language === undefined ? {} : { source_language }),
    ...(target_language === undefined ? {} : { target_language }),
    ...(max_words === undefined ? {} : { max_words }),
  };
}

/** A word is one to two tokens in most languages. */
function defaultMaxTokens({ max_words }: TaskBody): number {
  const { default: usual, maximum } = generationProperties.max_tokens;
  return max_words === undefined ? usual : Math.min(maximum, 2 * max_words + 16);
}

function requireText({ texts }: TaskContent, { text }: TaskBody): void {
  const blank = texts.findIndex((each) => each.trim() === '');
  if (blank === -1) return;
  const param = typeof text === 'string' ? 'text' : `text[${blank}]`;
  throw new MillraceError('missing_value', `${param} is blank: it must have something that is no space`, {
    param,
  });
}

function requireSize({ texts, labels = [] }: TaskContent): void {
  const bytes = [...texts, ...labels].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= maxContentBytes) return;
  throw new MillraceError(
    'payload_too_large',
    `The content has ${bytes} bytes: it may have ${maxContentBytes}`,
    { param: 'text' },
  );
}

/** Labels differ in more than the space around them: the model would not see that. */
function requireLabels(labels: readonly string[], topK: number | undefined): void {
  const seen = new Map<string, number>();
  for (const [index, label] of labels.entries()) {
    const param = `labels[${index}]`;
    const name = label.trim();
    const first = seen.get(name);
    if (name === '')
      throw new MillraceError('missing_value', `${param} is blank: it must have something that is no space`, {
        param,
      });
    if (first !== undefined)
      throw new MillraceError(
        'invalid_value',
        `${param} is the same as labels[${first}]: labels must differ, in more than the space around them`,
        { param },
      );
    seen.set(name, index);
  }
  if (topK === undefined || topK <= labels.length) return;
  throw new MillraceError(
    'invalid_value',
    `top_k is ${topK}: it must be a whole number from 1 to ${labels.length}, the number of labels`,
    { param: 'top_k' },
  );
}
