import { createReplacer, placeholdersIn, TooManyPlaceholders } from '@millrace/pii-detectors';
import { MillraceError } from '@millrace/runtime';
import type { FunctionTool, RequestContent, ResponseFormat, ToolCall } from '@millrace/stage';
import { parseStructure, scrubJsonText, scrubJsonValue, type Replace } from './scrub-json.ts';

export interface Scrubbed {
  readonly content: RequestContent;
  /** Placeholder to original, for the whole request. */
  readonly mapping: ReadonlyMap<string, string>;
  /** How many different values of each type were replaced. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Most different values: placeholders and originals are to fit into one record of the results. */
const mostPlaceholders = 20_000;

/**
 * Replaces personal data in messages of all roles, in texts, in tools and in the schema of the answer; the same value gets the same
 * placeholder, and JSON stays JSON. Stop strings and labels are the client's own and stay, as do names of functions, which are no
 * text.
 *
 * @throws `payload_too_large` where there is more personal data than can be replaced
 */
export function scrub(content: RequestContent): Scrubbed {
  const present = new Set(textsOf(content).flatMap(placeholdersIn));
  const replacer = createReplacer({
    taken: (placeholder) => present.has(placeholder),
    most: mostPlaceholders,
  });
  const replace: Replace = (text) => {
    try {
      return replacer.replace(text);
    } catch (error) {
      if (error instanceof TooManyPlaceholders) throw tooManyValues();
      throw error;
    }
  };
  const { response_format, tools, task } = content;
  const scrubbed: RequestContent = {
    ...content,
    messages: content.messages.map((message) => ({
      ...message,
      content: scrubText(message.content, replace),
      ...(message.tool_calls === undefined
        ? {}
        : { tool_calls: message.tool_calls.map((call) => scrubCall(call, replace)) }),
    })),
    ...(response_format === undefined ? {} : { response_format: scrubFormat(response_format, replace) }),
    ...(tools === undefined ? {} : { tools: tools.map((tool) => scrubTool(tool, replace)) }),
    ...(task === undefined
      ? {}
      : { task: { ...task, texts: task.texts.map((text) => scrubText(text, replace)) } }),
  };
  return { content: scrubbed, mapping: replacer.mapping, counts: countsOf(replacer.mapping) };
}

function tooManyValues(): MillraceError {
  return new MillraceError(
    'payload_too_large',
    `The content has more than ${mostPlaceholders} different pieces of personal data, which is the most that are replaced.`,
  );
}

/** All that a placeholder may stand in already; JSON also as it reads without escapes. */
function textsOf({ messages, stop, response_format, tools, task }: RequestContent): readonly string[] {
  const texts = [
    ...messages.flatMap(({ content, tool_calls: calls = [] }) => [
      content,
      ...calls.map((call) => call.function.arguments),
    ]),
    ...(task?.texts ?? []),
  ];
  return [
    ...texts.flatMap((text) => [text, JSON.stringify(parseStructure(text) ?? '')]),
    ...(task?.labels ?? []),
    ...stop,
    JSON.stringify([response_format, tools]),
  ];
}

function scrubText(text: string, replace: Replace): string {
  return scrubJsonText(text, replace) ?? replace(text);
}

/** The arguments are JSON, and stay it. */
function scrubCall(call: ToolCall, replace: Replace): ToolCall {
  return { ...call, function: { ...call.function, arguments: scrubText(call.function.arguments, replace) } };
}

function scrubFormat(format: ResponseFormat, replace: Replace): ResponseFormat {
  if (format.type !== 'json_schema') return format;
  const { description, schema } = format.json_schema;
  return {
    ...format,
    json_schema: {
      ...format.json_schema,
      ...(description === undefined ? {} : { description: replace(description) }),
      schema: scrubSchema(schema, replace),
    },
  };
}

function scrubTool(tool: FunctionTool, replace: Replace): FunctionTool {
  const { description, parameters } = tool.function;
  return {
    ...tool,
    function: {
      ...tool.function,
      ...(description === undefined ? {} : { description: replace(description) }),
      ...(parameters === undefined ? {} : { parameters: scrubSchema(parameters, replace) }),
    },
  };
}

function scrubSchema(schema: object, replace: Replace): Readonly<Record<string, unknown>> {
  return scrubJsonValue(schema, replace) as Readonly<Record<string, unknown>>;
}

function countsOf(mapping: ReadonlyMap<string, string>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const placeholder of mapping.keys()) {
    const type = placeholder.replace(/^<|_\d+>$/g, '').toLowerCase();
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}
