import type { TokenClassifier } from '@millrace/pii-detectors/names';
import { actionOf, type PiiPolicy } from '@millrace/pii-policy';
import { nameTypes } from '@millrace/pii-detectors/types';
import { MillraceError, type Clock, type Stoppable } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import { lengthOf } from './length-of.ts';
import { scrubByModel } from './scrub-by-model.ts';
import { scrubClassified } from './scrub-classified.ts';
import { scrub, type Scrubbed, type ScrubOptions } from './scrub.ts';
import { createScrubThread, type ScrubThread } from './scrub-thread.ts';

/** Looks requests through: short ones at once, what takes longer in threads. */
export interface Scrubber extends Stoppable {
  /** What takes no time to speak of; undefined: it is for `scrub`. @throws as `scrub` */
  scrubNow(content: RequestContent, options: ScrubOptions): Scrubbed | undefined;
  /**
   * @throws `payload_too_large`, `content_blocked`; `pii_unavailable` where it cannot be told what is in the content; the signal's reason
   */
  scrub(content: RequestContent, options: ScrubOptions, signal: AbortSignal): Promise<Scrubbed>;
}

/** Content up to this length takes a few milliseconds. */
const longestInline = 4 * 1024;

/** Several times what 1 MiB takes, whatever is in it. */
const threadHeapMb = 512;

/** @param count of threads. @param limitMs that one may take for a request. @param heapMb of memory that one may take. @param classifier finds names in the place of rules */
export function createScrubber({
  clock,
  threads: count,
  limitMs,
  classifier,
  heapMb = threadHeapMb,
}: {
  readonly clock: Clock;
  readonly threads: number;
  readonly limitMs: number;
  readonly classifier?: TokenClassifier | undefined;
  readonly heapMb?: number;
}): Scrubber {
  const threads = Array.from({ length: count }, () => createScrubThread({ clock, limitMs, heapMb }));
  const leastBusy = (): ScrubThread =>
    threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least));

  return {
    scrubNow(content, options) {
      if (!isShort(content) || (classifier !== undefined && looksForNames(options.policy))) return undefined;
      return orUnavailable(() => scrub(content, options));
    },
    async scrub(content, options, signal) {
      if (classifier !== undefined && looksForNames(options.policy))
        return scrubByModel(
          async (classified) =>
            isShort(content)
              ? orUnavailable(() => scrubClassified(content, options, classified))
              : leastBusy().scrub({ content, options, classified }, signal),
          { classifier, clock, limitMs },
          signal,
        );
      return leastBusy().scrub({ content, options }, signal);
    },
    async stop() {
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}

const isShort = (content: RequestContent): boolean => lengthOf(content) <= longestInline;

const looksForNames = (policy: PiiPolicy): boolean =>
  nameTypes.some((type) => actionOf(policy, type, 'input') !== 'off');

/** A check that fails says nothing of what is in the content. */
function orUnavailable<Outcome>(check: () => Outcome): Outcome {
  try {
    return check();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError(
      'pii_unavailable',
      'The content could not be checked for personal data, so it was not passed on.',
      { retryable: true, cause: error },
    );
  }
}
