import { createRestorer } from '@millrace/pii-policy';
import type { MaskedContent, RequestContent, ToolCall } from '@millrace/stage';

/** The content as it was before the scrubber has put placeholders into it. JSON stays JSON. */
export function restoreContent(content: RequestContent, masked: MaskedContent): RequestContent {
  const mapping = new Map(Object.entries(masked.mapping));
  const restoreText = (text: string): string => {
    const restorer = createRestorer(mapping);
    return restorer.push(text) + restorer.flush();
  };
  const restoreAny = (text: string): string => restoreJsonText(text, restoreText) ?? restoreText(text);
  const restoreCall = (call: ToolCall): ToolCall => ({
    ...call,
    function: { ...call.function, arguments: restoreAny(call.function.arguments) },
  });
  const { response_format, tools, task } = content;
  return {
    ...content,
    messages: content.messages.map((message) => ({
      ...message,
      content: restoreAny(message.content),
      ...(message.tool_calls === undefined ? {} : { tool_calls: message.tool_calls.map(restoreCall) }),
    })),
    ...(response_format === undefined ? {} : { response_format: mapTexts(response_format, restoreText) }),
    ...(tools === undefined ? {} : { tools: mapTexts(tools, restoreText) }),
    ...(task === undefined ? {} : { task: { ...task, texts: task.texts.map(restoreAny) } }),
  };
}

/** Undefined for what is no JSON of an object or a list, or has nothing to be put back. */
function restoreJsonText(text: string, restore: (text: string) => string): string | undefined {
  if (!/^\s*[[{]/u.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const restored = JSON.stringify(mapTexts(value, restore));
    return restored === JSON.stringify(value) ? text : restored;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The value with each of its texts, names of fields too, as `map` makes it. */
export function mapTexts<Value>(value: Value, map: (text: string) => string): Value {
  return mapUnknown(value, map) as Value;
}

function mapUnknown(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapUnknown(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [map(name), mapUnknown(item, map)]));
}
