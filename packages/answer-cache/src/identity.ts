import type { RequestContent } from '@millrace/stage';
import type { CacheEvent } from './cache-request.ts';

/** A request with its content. */
export interface OpenRequest {
  readonly event: CacheEvent;
  readonly content: RequestContent;
  readonly modelVersion: string;
}

/**
 * All that a request has in common with one that gets the same answer: everything but its id, its times, its priority and who of
 * the tenant asks. Fields that are added to a request are part of it without further ado.
 */
export function exactIdentity({ event, content, modelVersion }: OpenRequest): readonly unknown[] {
  // The order of properties in a schema is that of the answer; that of other fields says nothing.
  const { response_format, tools, ...rest } = content;
  return ['exact', ...commonIdentity({ event, modelVersion }), sorted(rest), response_format, tools];
}

/** What must be the same where only the last message of the user may be another one. */
export interface SemanticIdentity {
  readonly partition: readonly unknown[];
  /** The last message of the user. */
  readonly text: string;
}

/**
 * Undefined where one answer never stands for another: tasks, tools, and whatever is not text. Numbers and placeholders of the
 * message must be the same as well: to an embedding "17 + 4" and "17 + 5" are about the same.
 */
export function semanticIdentity({
  event,
  content,
  modelVersion,
}: OpenRequest): SemanticIdentity | undefined {
  const { messages, response_format, tools, tool_choice, task, ...rest } = content;
  const last = messages.at(-1);
  if (event.operation !== 'generate' || last?.role !== 'user') return undefined;
  if (tools !== undefined || tool_choice !== undefined || task !== undefined) return undefined;
  if (!messages.every(isPlainText) || last.content.trim() === '') return undefined;
  const earlier = messages.slice(0, -1);
  const fixed = last.content.match(/<[A-Z_]+_\d+>|\p{N}+/gu) ?? [];
  return {
    partition: [
      'semantic',
      ...commonIdentity({ event, modelVersion }),
      sorted(earlier),
      sorted(rest),
      response_format,
      fixed,
    ],
    text: last.content,
  };
}

/** A message of a role and a text: nothing else that could change the answer without a trace in the vector. */
function isPlainText(message: object): boolean {
  return Object.entries(message).every(
    ([name, value]) => (name === 'role' || name === 'content') && typeof value === 'string',
  );
}

function commonIdentity({
  event,
  modelVersion,
}: Pick<OpenRequest, 'event' | 'modelVersion'>): readonly unknown[] {
  const { tenant, operation, model, personal_data, parameters } = event;
  const { seed, ...drawing } = parameters;
  return [
    tenant,
    operation,
    model,
    modelVersion,
    personal_data,
    sorted(drawing),
    // Seeds below zero are chosen by the gateway.
    seed >= 0 ? seed : null,
  ];
}

/** The same value with the fields of its objects in the order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)]),
  );
}
