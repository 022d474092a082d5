import { createMasker, defaultPiiPolicy, detectorOf } from '@millrace/pii-policy';
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
  const mask = (text: string): string => masker.mask(text);
  return {
    messages: messages.map(({ content, tool_calls: calls, ...message }) => ({
      ...message,
      content: maskText(content, mask),
      ...(calls === undefined ? {} : { tool_calls: calls.map((call) => maskCall(call, mask)) }),
    })),
    ...(tools === undefined ? {} : { tools: maskValue(tools, mask) as readonly FunctionTool[] }),
  };
}

type Mask = (text: string) => string;

function maskCall(call: ToolCall, mask: Mask): ToolCall {
  return { ...call, function: { ...call.function, arguments: maskText(call.function.arguments, mask) } };
}

/** JSON stays JSON: it is masked in its strings, and in numbers, which become strings then. */
function maskText(text: string, mask: Mask): string {
  if (!/^\s*[[{]/u.test(text)) return mask(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return mask(text);
    throw error;
  }
  const masked = maskValue(value, mask);
  return JSON.stringify(masked) === JSON.stringify(value) ? text : JSON.stringify(masked);
}

function maskValue(value: unknown, mask: Mask): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value === 'number') {
    const masked = mask(String(value));
    return masked === String(value) ? value : masked;
  }
  if (Array.isArray(value)) return value.map((item) => maskValue(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [mask(name), maskValue(item, mask)]));
}
