import { actionOf, entityTypes, needsEntities, type PiiCount } from '@millrace/pii-policy';
import { MillraceError, type Clock, type Stoppable } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import { lengthOf } from './length-of.ts';
import { scrub, type Scrubbed, type ScrubOptions } from './scrub.ts';
import { ScrubThread } from './scrub-thread.ts';

/** Looks requests through: short ones at once, what takes longer in threads. */
export interface Scrubber extends Stoppable {
  /** What takes no time to speak of; undefined: it is for `scrub`. @throws as `scrub` */
  scrubNow(content: RequestContent, options: Options): Scrubbed | undefined;
  /**
   * @throws `payload_too_large`, `content_blocked`; `pii_unavailable` where it cannot be told what is in the content; the signal's reason
   */
  scrub(content: RequestContent, options: Options, signal: AbortSignal): Promise<Scrubbed>;
  /**
   * Counts persons, organisations and places in what was scrubbed, where they are only to be counted.
   *
   * @returns undefined where there is too much to do for that, or nothing was to be counted
   */
  report(content: RequestContent, options: Options): Promise<readonly PiiCount[] | undefined>;
}

type Options = Omit<ScrubOptions, 'looking'>;

/** Content up to this length takes about a millisecond. */
const longestInline = 16 * 1024;
/** Requests that may wait to be counted: what comes on top is not. */
const mostReports = 16;
const niceness = 10;

export function createScrubber(options: {
  readonly clock: Clock;
  readonly threads: number;
  readonly limitMs: number;
}): Scrubber {
  const { clock, limitMs } = options;
  const threads = Array.from(
    { length: options.threads },
    () => new ScrubThread({ clock, limitMs, niceness: 0 }),
  );
  const reporting = new ScrubThread({ clock, limitMs, niceness });
  const leastBusy = (): ScrubThread =>
    threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least));

  const stopping = new AbortController();

  return {
    scrubNow(content, { policy, hashKey }) {
      if (needsEntities(policy, 'input') || lengthOf(content) > longestInline) return undefined;
      try {
        return scrub(content, { policy, hashKey, looking: 'patterns' });
      } catch (error) {
        throw explain(error);
      }
    },
    scrub(content, { policy, hashKey }, signal) {
      const looking = needsEntities(policy, 'input') ? 'everything' : 'patterns';
      return leastBusy().scrub({ content, options: { policy, hashKey, looking } }, signal);
    },
    async report(content, { policy, hashKey }) {
      if (!reportsEntities(policy) || reporting.waiting >= mostReports) return undefined;
      const options = { policy, hashKey, looking: 'entities' } as const;
      const { counts } = await reporting.scrub({ content, options }, stopping.signal);
      return counts;
    },
    async stop() {
      stopping.abort(new MillraceError('unavailable', 'The scrubber stops.'));
      await Promise.all([...threads, reporting].map((thread) => thread.stop()));
    },
  };
}

function reportsEntities(policy: ScrubOptions['policy']): boolean {
  return (
    !needsEntities(policy, 'input') &&
    entityTypes.some((type) => actionOf(policy, type, 'input') === 'report')
  );
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
