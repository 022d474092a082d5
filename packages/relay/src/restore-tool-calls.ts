import { createRestorer } from '@millrace/pii-detectors';
import type { ToolCall } from '@millrace/stage';

/**
 * Puts the originals back into the arguments of calls, which stay JSON whatever the originals are. Arguments that are none, since they
 * were cut short or come from a provider that writes what it likes, are restored as text.
 */
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
  const restoreArguments = (text: string): string => {
    const value = parse(text);
    return value === undefined ? restoreText(text) : JSON.stringify(restore(value));
  };
  return calls.map((call) => ({
    ...call,
    function: { ...call.function, arguments: restoreArguments(call.function.arguments) },
  }));
}

/** Deeper is no call of a function, and to restore it would need more stack than there is. */
const maxDepth = 256;

/** Undefined for what is no JSON, or too deep. */
function parse(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return depthOf(value) > maxDepth ? undefined : value;
  } catch {
    return undefined;
  }
}

function depthOf(root: unknown): number {
  let level = [root];
  for (let depth = 0; depth <= maxDepth; depth += 1) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    );
    if (level.length === 0) return depth;
  }
  return Infinity;
}
