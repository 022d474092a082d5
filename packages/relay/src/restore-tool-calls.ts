import { replaceInText, restoreText } from '@millrace/pii-policy';
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
  const restore = (text: string): string => restoreText(mask(text), mapping);
  return calls.map((call) => ({
    ...call,
    function: { ...call.function, arguments: replaceInText(call.function.arguments, restore) },
  }));
}
