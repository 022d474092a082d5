import {
  createMasker,
  defaultPiiPolicy,
  detectorOf,
  replaceInText,
  replaceInValue,
  type Replace,
} from '@millrace/pii-policy';
import type { ChatMessage, FunctionTool, ToolCall } from '@millrace/stage';

/** A conversation with its answer, as the chat format for fine-tuning has it. */
export interface TrainingExample {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly FunctionTool[];
}

/** The example with placeholders in the place of personal data that is found: the same value has the same one throughout. */
export function maskExample({ messages, tools }: TrainingExample): TrainingExample {
  const everything = JSON.stringify([messages, tools]);
  const masker = createMasker({
    policy: defaultPiiPolicy,
    direction: 'input',
    detect: detectorOf(defaultPiiPolicy, 'input'),
    taken: (name) => everything.includes(name),
    hash: () => '',
  });
  const mask: Replace = (text) => masker.mask(text);
  return {
    messages: messages.map(({ content, tool_calls: calls, ...message }) => ({
      ...message,
      content: replaceInText(content, mask),
      ...(calls === undefined ? {} : { tool_calls: calls.map((call) => maskCall(call, mask)) }),
    })),
    ...(tools === undefined ? {} : { tools: replaceInValue(tools, mask) }),
  };
}

function maskCall(call: ToolCall, mask: Replace): ToolCall {
  return { ...call, function: { ...call.function, arguments: replaceInText(call.function.arguments, mask) } };
}
