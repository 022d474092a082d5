import type { RequestContent } from '@millrace/stage';

/** How much there is to look through, in UTF-16 code units. */
export function lengthOf({ messages, response_format, tools, task }: RequestContent): number {
  let length = 0;
  for (const { content, tool_calls: calls = [] } of messages) {
    length += content.length;
    for (const call of calls) length += call.function.arguments.length;
  }
  for (const text of task?.texts ?? []) length += text.length;
  if (tools !== undefined) length += JSON.stringify(tools).length;
  if (response_format !== undefined) length += JSON.stringify(response_format).length;
  return length;
}
