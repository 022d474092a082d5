import { createReplacer } from '@millrace/pii-detectors';
import type { RequestContent } from '@millrace/stage';

export interface Scrubbed {
  readonly content: RequestContent;
  /** Placeholder to original, for the whole request. */
  readonly mapping: ReadonlyMap<string, string>;
  /** How many different values of each type were replaced. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Replaces personal data in all messages; the same value gets the same placeholder. Stop strings are the client's own and stay. */
export function scrub(content: RequestContent): Scrubbed {
  const everything = content.messages.map((message) => message.content).concat(content.stop);
  const replacer = createReplacer({
    taken: (placeholder) => everything.some((text) => text.includes(placeholder)),
  });
  const messages = content.messages.map((message) => ({
    ...message,
    content: replacer.replace(message.content),
  }));
  const counts: Record<string, number> = {};
  for (const placeholder of replacer.mapping.keys()) {
    const type = placeholder.replace(/^<|_\d+>$/g, '').toLowerCase();
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return { content: { messages, stop: content.stop }, mapping: replacer.mapping, counts };
}
