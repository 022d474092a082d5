import type { Bus, StoredMessage } from '@millrace/bus';
import type { Clock } from '@millrace/runtime';
import type { Since } from './since.ts';

export interface ReadPlan {
  readonly stream: string;
  /** With wildcards. */
  readonly subject: string;
  /** Undefined: the last ones. */
  readonly since: Since | undefined;
  /** Most entries to yield: without `since` the last ones, otherwise the first. Undefined: no end. */
  readonly limit: number | undefined;
  /** Goes on with what is stored later. */
  readonly follow: boolean;
}

/** What is asked for anew while nothing comes. */
const pollMs = 500;
const firstWindow = 1_024;

/**
 * Entries of the messages of a stream, in its order.
 *
 * @param entriesOf those of a message that are wanted
 * @throws the signal's reason once it is aborted
 */
export async function* readStream<Entry>(
  { bus, clock }: { readonly bus: Bus; readonly clock: Clock },
  plan: ReadPlan,
  entriesOf: (message: StoredMessage) => Promise<readonly Entry[]>,
  signal: AbortSignal,
): AsyncGenerator<Entry, void, undefined> {
  const { stream, subject, since, follow } = plan;
  let left = plan.limit ?? Number.POSITIVE_INFINITY;
  let next = 1;
  if (since === undefined) {
    const last = await lastEntries(bus, plan, entriesOf, signal);
    next = last.next;
    yield* last.entries;
    left = Number.POSITIVE_INFINITY;
    if (!follow) return;
  } else if ('sequence' in since) next = since.sequence;
  let fromTime = since !== undefined && 'time' in since ? since.time : undefined;
  for (;;) {
    const options = fromTime === undefined ? { fromSequence: next, signal } : { fromTime, signal };
    for await (const message of bus.read(stream, subject, options)) {
      next = message.sequence + 1;
      fromTime = undefined;
      for (const entry of await entriesOf(message)) {
        yield entry;
        left -= 1;
        if (left <= 0) return;
      }
    }
    if (!follow) return;
    await clock.sleep(pollMs, signal);
  }
}

/** The last entries of a stream: looks at ever more of its end until there are enough. */
async function lastEntries<Entry>(
  bus: Bus,
  { stream, subject, limit = Number.POSITIVE_INFINITY }: ReadPlan,
  entriesOf: (message: StoredMessage) => Promise<readonly Entry[]>,
  signal: AbortSignal,
): Promise<{ readonly entries: readonly Entry[]; readonly next: number }> {
  const { firstSequence, lastSequence } = await bus.streamState(stream, signal);
  const next = lastSequence + 1;
  for (let window = firstWindow; ; window *= 8) {
    const fromSequence = Math.max(1, next - window);
    const entries: Entry[] = [];
    for await (const message of bus.read(stream, subject, { fromSequence, signal })) {
      if (message.sequence >= next) break;
      entries.push(...(await entriesOf(message)));
      if (entries.length > 2 * limit) entries.splice(0, entries.length - limit);
    }
    if (entries.length >= limit || fromSequence <= Math.max(1, firstSequence))
      return { entries: entries.slice(-Math.min(limit, entries.length || 1)), next };
  }
}
