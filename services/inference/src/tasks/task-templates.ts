import { readFile } from 'node:fs/promises';
import { compileValidator, MillraceError } from '@millrace/runtime';
import type { ChatMessage, TaskContent, TaskOperation } from '@millrace/stage';
import { compileMessage, type MessageTemplate } from './message-template.ts';

/** The tasks that a chat model carries out by a prompt. */
export type PromptedOperation = Exclude<TaskOperation, 'embed'>;

/** The prompts of one model, by task. */
export interface TaskTemplates {
  readonly messages: (
    operation: PromptedOperation,
    task: TaskContent,
    text: string,
  ) => readonly ChatMessage[];
}

interface TemplateFile {
  readonly default: readonly ChatMessage[];
  readonly models: Readonly<Record<string, readonly ChatMessage[]>>;
}

interface CompiledMessage {
  readonly role: ChatMessage['role'];
  readonly template: MessageTemplate;
}

/** What can stand in the prompt of each task. */
const variables: Readonly<Record<PromptedOperation, readonly string[]>> = {
  classify: ['text', 'labels'],
  summarize: ['text', 'max_words'],
  translate: ['text', 'target_language', 'source_language'],
};

const prompt = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['role', 'content'],
    additionalProperties: false,
    properties: {
      role: { enum: ['system', 'user', 'assistant'] },
      content: { type: 'string', minLength: 1 },
    },
  },
} as const;

const validateFile = compileValidator<TemplateFile>({
  type: 'object',
  required: ['default', 'models'],
  additionalProperties: false,
  properties: { default: prompt, models: { type: 'object', additionalProperties: prompt } },
});

/** `models/tasks` of the repository. */
export const taskFolder = new URL('../../../../models/tasks/', import.meta.url);

/**
 * Reads the prompts of all tasks, checks those of all models, and takes those of one.
 *
 * @param model its name in the catalogue
 * @throws MillraceError `config_invalid` naming file and field
 */
export async function readTaskTemplates(model: string, folder: URL = taskFolder): Promise<TaskTemplates> {
  const operations = Object.keys(variables) as PromptedOperation[];
  const entries = await Promise.all(
    operations.map(async (operation) => [operation, await readPrompt(operation, model, folder)] as const),
  );
  const prompts = Object.fromEntries(entries) as Record<PromptedOperation, readonly CompiledMessage[]>;
  return {
    messages: (operation, task, text) =>
      prompts[operation].map(({ role, template }) => ({
        role,
        content: template.render({
          text,
          labels: task.labels,
          max_words: task.max_words,
          source_language: task.source_language,
          target_language: task.target_language,
        }),
      })),
  };
}

async function readPrompt(
  operation: PromptedOperation,
  model: string,
  folder: URL,
): Promise<readonly CompiledMessage[]> {
  const name = `models/tasks/${operation}.json`;
  const file = await readTemplateFile(new URL(`${operation}.json`, folder), name);
  const compiled = compilePrompt(operation, file.default, `${name}: default`);
  const others = Object.entries(file.models).map(
    ([each, messages]) => [each, compilePrompt(operation, messages, `${name}: models.${each}`)] as const,
  );
  return new Map(others).get(model) ?? compiled;
}

async function readTemplateFile(url: URL, name: string): Promise<TemplateFile> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(url, 'utf8'));
  } catch (error) {
    throw new MillraceError('config_invalid', `${name} cannot be read, or is not JSON.`, { cause: error });
  }
  try {
    return validateFile(value);
  } catch (error) {
    const { message } = MillraceError.from(error);
    throw new MillraceError('config_invalid', `${name}: ${message}.`, { cause: error });
  }
}

function compilePrompt(
  operation: PromptedOperation,
  messages: readonly ChatMessage[],
  place: string,
): readonly CompiledMessage[] {
  const compiled = messages.map(({ role, content }, index) => ({
    role,
    template: compileMessage(content, variables[operation], `${place}[${index}].content`),
  }));
  if (compiled.some(({ template }) => template.variables.has('text'))) return compiled;
  throw new MillraceError('config_invalid', `${place} has no {{ text }}: the model would not see it.`);
}
