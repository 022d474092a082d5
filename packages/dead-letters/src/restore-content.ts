import { replaceInText, replaceInValue, restoreText } from '@millrace/pii-policy';
import type { MaskedContent, RequestContent, ToolCall } from '@millrace/stage';

/** The content as it was before the scrubber has put placeholders into it. JSON stays JSON. */
export function restoreContent(content: RequestContent, masked: MaskedContent): RequestContent {
  const mapping = new Map(Object.entries(masked.mapping));
  const restore = (text: string): string => restoreText(text, mapping);
  const restoreAny = (text: string): string => replaceInText(text, restore);
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
    ...(response_format === undefined ? {} : { response_format: replaceInValue(response_format, restore) }),
    ...(tools === undefined ? {} : { tools: replaceInValue(tools, restore) }),
    ...(task === undefined ? {} : { task: { ...task, texts: task.texts.map(restoreAny) } }),
  };
}
