import { MillraceError, type Clock, type Stoppable } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import { lengthOf } from './length-of.ts';
import { scrub, type Scrubbed, type ScrubOptions } from './scrub.ts';
import { ScrubThread } from './scrub-thread.ts';

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

/** @param count of threads. @param limitMs that one may take for a request. @param heapMb of memory that one may take */
export function createScrubber({
  clock,
  threads: count,
  limitMs,
  heapMb = threadHeapMb,
}: {
  readonly clock: Clock;
  readonly threads: number;
  readonly limitMs: number;
  readonly heapMb?: number;
}): Scrubber {
  const threads = Array.from({ length: count }, () => new ScrubThread({ clock, limitMs, heapMb }));
  const leastBusy = (): ScrubThread =>
    threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least));

  return {
    scrubNow(content, options) {
      if (lengthOf(content) > longestInline) return undefined;
      try {
        return scrub(content, options);
      } catch (error) {
        throw explain(error);
      }
    },
    scrub: (content, options, signal) => leastBusy().scrub({ content, options }, signal),
    async stop() {
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}

/** A check that fails says nothing of what is in the content. */
function explain(error: unknown): unknown {
  if (error instanceof MillraceError) return error;
  return new MillraceError(
    'pii_unavailable',
    'The content could not be checked for personal data, so it was not passed on.',
    { retryable: true, cause: error },
  );
}
