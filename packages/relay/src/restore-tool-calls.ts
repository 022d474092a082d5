import { createRestorer, maskField } from '@millrace/pii-policy';
import type { ToolCall } from '@millrace/stage';

/**
 * Puts the originals back into the arguments of calls, which stay JSON whatever the originals are. Arguments that are none, since they
 * were cut short or come from a provider that writes what it likes, are restored as text.
 *
 * @param mask does to personal data of the model's own what is to be done with it; by default nothing
 */
export function restoreToolCalls(
  calls: readonly ToolCall[],
  mapping: ReadonlyMap<string, string>,
  mask: (text: string) => string = (text) => text,
): readonly ToolCall[] {
  const restoreText = (text: string, name?: string): string => {
    const restorer = createRestorer(mapping);
    return restorer.push(maskField(mask, name, text)) + restorer.flush();
  };
  const restore = (value: unknown, name?: string): unknown => {
    if (typeof value === 'string') return restoreText(value, name);
    if (typeof value === 'number') {
      const masked = maskField(mask, name, String(value));
      return masked === String(value) ? value : restoreText(masked);
    }
    if (Array.isArray(value)) return value.map((item) => restore(item, name));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [restoreText(key), restore(each, key)]),
    );
  };
  const restoreArguments = (text: string): string => {
    const value = parse(text);
    if (value === undefined) return restoreText(text);
    const restored = JSON.stringify(restore(value));
    return restored === JSON.stringify(value) ? text : restored;
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
