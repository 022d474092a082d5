import type { Classified } from '@millrace/pii-detectors/names';
import type { RequestContent } from '@millrace/stage';
import { scrub, type Scrubbed, type ScrubOptions } from './scrub.ts';

/** Texts that a model has to look at before it is known what is in the content. */
export interface Unclassified {
  readonly unclassified: readonly string[];
}

/**
 * Scrubs with what a model found in the texts of the content.
 *
 * @returns what it has not looked at, if there is anything
 * @throws as `scrub`
 */
export function scrubClassified(
  content: RequestContent,
  options: ScrubOptions,
  classified: Classified,
): Scrubbed | Unclassified {
  const missing = new Set<string>();
  const scrubbed = scrub(content, options, (text) => {
    const found = classified.get(text);
    if (found === undefined) missing.add(text);
    return found ?? [];
  });
  return missing.size === 0 ? scrubbed : { unclassified: [...missing] };
}
