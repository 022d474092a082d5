import { createRestorer } from '@millrace/pii-detectors';
import type { ToolCall } from '@millrace/stage';

/** Puts the originals back into the arguments of calls, which stay JSON whatever the originals are. */
export function restoreToolCalls(
  calls: readonly ToolCall[],
  mapping: ReadonlyMap<string, string> | undefined,
): readonly ToolCall[] {
  if (mapping === undefined) return calls;
  const restoreText = (text: string): string => {
    const restorer = createRestorer(mapping);
    return restorer.push(text) + restorer.flush();
  };
  const restore = (value: unknown): unknown => {
    if (typeof value === 'string') return restoreText(value);
    if (Array.isArray(value)) return value.map(restore);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [restoreText(key), restore(each)]));
  };
  return calls.map((call) => ({
    ...call,
    function: { ...call.function, arguments: JSON.stringify(restore(JSON.parse(call.function.arguments))) },
  }));
}
