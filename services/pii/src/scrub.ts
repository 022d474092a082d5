import {
  ContentBlocked,
  createMasker,
  detectorOf,
  keyedHash,
  parseStructure,
  placeholderNamesIn,
  replaceInText,
  replaceInValue,
  TooManyPlaceholders,
  TooMuchGrowth,
  type PiiCount,
  type PiiPolicy,
  type Replace,
} from '@millrace/pii-policy';
import { MillraceError } from '@millrace/runtime';
import type { Entity } from '@millrace/pii-detectors/types';
import type { FunctionTool, RequestContent, ResponseFormat, ToolCall } from '@millrace/stage';

/** What is done with personal data of a request. */
export interface ScrubOptions {
  readonly policy: PiiPolicy;
  /** 32 bytes; undefined: the policy has no hashes. */
  readonly hashKey?: Uint8Array | undefined;
}

export interface Scrubbed {
  readonly content: RequestContent;
  /** Name of a placeholder to the original, for the whole request. */
  readonly mapping: ReadonlyMap<string, string>;
  readonly counts: readonly PiiCount[];
}

/** Most different values: placeholders and originals are to fit into one record of the results. */
const mostPlaceholders = 20_000;
/** What is short may be replaced by what is long: with that, the content is to fit into one message still. */
const mostGrowth = 1024 * 1024;

/**
 * Does to personal data what the policy says: in messages of all roles, in texts, in tools and in the schema of the answer; the same
 * value gets the same placeholder, and JSON stays JSON. Stop strings have the
 * placeholder that the model would write. Labels are the client's own and stay, as do names of functions, which are no text.
 *
 * @param classified what a model found in a text, in the place of the rules for names
 * @throws `payload_too_large` where there is more personal data than can be replaced; `content_blocked`
 */
export function scrub(
  content: RequestContent,
  { policy, hashKey }: ScrubOptions,
  classified?: (text: string) => readonly Entity[],
): Scrubbed {
  const present = new Set(textsOf(content).flatMap(placeholderNamesIn));
  const masker = createMasker({
    policy,
    direction: 'input',
    detect: detectorOf(policy, 'input', { classified }),
    taken: (name) => present.has(name),
    hash: hashKey === undefined ? noHash : keyedHash(hashKey),
    most: mostPlaceholders,
    mostGrowth,
  });
  const replace: Replace = (text) => {
    try {
      return masker.mask(text);
    } catch (error) {
      if (error instanceof TooManyPlaceholders) throw tooManyValues();
      if (error instanceof TooMuchGrowth) throw tooLong();
      if (error instanceof ContentBlocked) throw blocked(error);
      throw error;
    }
  };
  const { response_format, stop, tools, task } = content;
  const scrubbed: RequestContent = {
    ...content,
    messages: content.messages.map((message) => ({
      ...message,
      content: replaceInText(message.content, replace),
      ...(message.tool_calls === undefined
        ? {}
        : { tool_calls: message.tool_calls.map((call) => scrubCall(call, replace)) }),
    })),
    stop: stop.map(replace),
    ...(response_format === undefined ? {} : { response_format: scrubFormat(response_format, replace) }),
    ...(tools === undefined ? {} : { tools: tools.map((tool) => scrubTool(tool, replace)) }),
    ...(task === undefined
      ? {}
      : { task: { ...task, texts: task.texts.map((text) => replaceInText(text, replace)) } }),
  };
  return { content: scrubbed, mapping: masker.mapping, counts: masker.counts() };
}

/** A hash without a key would tell what it was made of. */
function noHash(type: string): never {
  throw new Error(`the policy hashes ${type}, and there is no key`);
}

function tooManyValues(): MillraceError {
  return new MillraceError(
    'payload_too_large',
    `The content has more than ${mostPlaceholders} different pieces of personal data, which is the most that are replaced.`,
  );
}

function tooLong(): MillraceError {
  return new MillraceError(
    'payload_too_large',
    `What stands for the personal data of the content is more than ${mostGrowth} characters longer than that, which is the most.`,
  );
}

function blocked(cause: ContentBlocked): MillraceError {
  return new MillraceError(
    'content_blocked',
    `The content has personal data of the type ${cause.type}, which the policy of the tenant does not let through.`,
    { cause },
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
    ...texts,
    ...texts.filter((text) => text.includes('\\')).map((text) => JSON.stringify(parseStructure(text) ?? '')),
    ...(task?.labels ?? []),
    ...stop,
    JSON.stringify([response_format, tools]),
  ];
}

/** The arguments are JSON, and stay it. */
function scrubCall(call: ToolCall, replace: Replace): ToolCall {
  return {
    ...call,
    function: { ...call.function, arguments: replaceInText(call.function.arguments, replace) },
  };
}

function scrubFormat(format: ResponseFormat, replace: Replace): ResponseFormat {
  if (format.type !== 'json_schema') return format;
  const { description, schema } = format.json_schema;
  return {
    ...format,
    json_schema: {
      ...format.json_schema,
      ...(description === undefined ? {} : { description: replace(description) }),
      schema: replaceInValue(schema, replace),
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
      ...(parameters === undefined ? {} : { parameters: replaceInValue(parameters, replace) }),
    },
  };
}
