import type { StoredMessage, StreamState } from '@millrace/bus';
import type { MirrorProgressed } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { Mirror, MirrorDependencies, MirrorTopic } from './mirror.ts';
import type { MirrorWriter } from './mirror-writer.ts';
import { bytesOf, type MirroredRecord } from './mirrored-record.ts';

/** A stream, and what becomes of its messages. */
export interface StreamSource {
  /** Of the mirror. */
  readonly name: string;
  readonly stream: string;
  /** The subjects that are mirrored, with wildcards. */
  readonly filter: string;
  /** Least time from one look at the stream to the next, unless there was more than a batch. */
  readonly pollMs: number;
  topics(): readonly MirrorTopic[];
  /**
   * @returns undefined for what is not for Kafka
   * @throws `message_corrupt` for what never will be mirrored; anything else is tried again
   */
  toRecord(message: StoredMessage): Promise<MirroredRecord | undefined>;
  /** What is written in place of a message that the broker finds too large; undefined: nothing. */
  instead?(message: StoredMessage): Promise<MirroredRecord | undefined>;
}

export interface BatchLimits {
  readonly maxRecords: number;
}

/** Below the largest batch of a broker that has no settings for it, 1 MiB. */
const maxBatchBytes = 768 * 1024;

/** Mirrors one stream: message for message, in its order, and how far it is, in the same transactions. */
export class StreamMirror implements Mirror {
  readonly name: string;
  readonly #dependencies: MirrorDependencies;
  readonly #source: StreamSource;
  readonly #maxRecords: number;
  /** Records of one transaction at present: fewer after the broker found a batch too large. */
  #limit: number;
  /** Sequences of messages that the broker does not take even alone. */
  readonly #tooLarge = new Set<number>();

  constructor(dependencies: MirrorDependencies, source: StreamSource, { maxRecords }: BatchLimits) {
    this.name = source.name;
    this.#dependencies = dependencies;
    this.#source = source;
    this.#maxRecords = maxRecords;
    this.#limit = maxRecords;
  }

  topics(): readonly MirrorTopic[] {
    return this.#source.topics();
  }

  async run(writer: MirrorWriter, signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.#dependencies;
    const { stream, pollMs } = this.#source;
    let progress = this.#progressOf(writer);
    while (!signal.aborted) {
      const state = await bus.streamState(stream);
      progress = this.#checked(progress, state);
      progress = await this.#mirror(writer, progress, state, signal);
      if (!signal.aborted) await clock.sleep(pollMs, signal);
    }
  }

  #progressOf(writer: MirrorWriter): MirrorProgressed | undefined {
    const stored = writer.state.get(this.name);
    return stored === undefined ? undefined : this.#dependencies.codec.decode('mirror.progressed', stored);
  }

  /**
   * Where to go on in the stream as it is now.
   *
   * @throws `stream_mismatch` when messages that were mirrored are not in the stream yet: it was restored from an older copy
   */
  #checked(progress: MirrorProgressed | undefined, state: StreamState): MirrorProgressed {
    const { clock, logger, mirrorMetrics } = this.#dependencies;
    const { stream } = this.#source;
    const { lastSequence, createdAt } = state;
    // 0 in a stream that has never had a message.
    const firstSequence = Math.max(state.firstSequence, 1);
    const fromFirst = {
      mirror: this.name,
      stream,
      stream_created_at: createdAt,
      sequence: firstSequence - 1,
      mirrored: progress?.mirrored ?? 0,
      missed: progress?.missed ?? 0,
      at: clock.now(),
    };
    if (progress === undefined) {
      logger.info({ mirror: this.name, stream, firstSequence }, 'a mirror begins with the stream as it is');
      return fromFirst;
    }
    if (progress.stream_created_at !== createdAt) {
      const { sequence } = progress;
      logger.error(
        { mirror: this.name, stream, sequence, firstSequence },
        'the stream was made anew since it was mirrored: what the old one had behind this sequence is missing, and the mirror begins with the new one',
      );
      return fromFirst;
    }
    if (lastSequence < progress.sequence)
      throw new MillraceError(
        'stream_mismatch',
        `${stream} ends at ${lastSequence}, and was mirrored up to ${progress.sequence}: it is an older copy. The mirror waits for what is behind that.`,
      );
    const missing = firstSequence - 1 - progress.sequence;
    if (missing <= 0) return progress;
    logger.error(
      { mirror: this.name, stream, missing, after: progress.sequence, firstSequence },
      'messages were gone from the stream before they were mirrored',
    );
    mirrorMetrics.missed(this.name, missing);
    return { ...progress, sequence: firstSequence - 1, missed: progress.missed + missing };
  }

  /** Mirrors what is stored by now. @returns how far that is */
  async #mirror(
    writer: MirrorWriter,
    from: MirrorProgressed,
    { lastSequence }: StreamState,
    signal: AbortSignal,
  ): Promise<MirrorProgressed> {
    const { bus, mirrorMetrics } = this.#dependencies;
    const { stream, filter } = this.#source;
    let progress = from;
    let records: MirroredRecord[] = [];
    let firstOfBatch = 0;
    let bytes = 0;
    let through = from.sequence;
    const flush = async (sequence: number): Promise<void> => {
      progress = await this.#write(writer, { ...progress, sequence }, records, firstOfBatch);
      records = [];
      bytes = 0;
    };
    for await (const message of bus.read(stream, filter, { fromSequence: from.sequence + 1, signal })) {
      const { sequence, storedAt } = message;
      if (records.length === 0)
        mirrorMetrics.behind(this.name, {
          messages: Math.max(lastSequence - sequence + 1, 1),
          waitingSince: storedAt,
        });
      const record = await this.#recordOf(message);
      const size = record === undefined ? 0 : bytesOf(record);
      if (records.length > 0 && bytes + size > maxBatchBytes) await flush(through);
      through = sequence;
      if (record !== undefined) {
        if (records.length === 0) firstOfBatch = sequence;
        records.push(record);
        bytes += size;
        if (records.length >= this.#limit) await flush(through);
      }
      if (signal.aborted) return progress;
    }
    const wasRead = through > from.sequence;
    through = Math.max(through, lastSequence);
    if (wasRead && through > progress.sequence) await flush(through);
    mirrorMetrics.behind(this.name, { messages: 0, waitingSince: undefined });
    return { ...progress, sequence: through };
  }

  /** @param first sequence of the message that the first of the records is made of */
  async #write(
    writer: MirrorWriter,
    reached: MirrorProgressed,
    records: readonly MirroredRecord[],
    first: number,
  ): Promise<MirrorProgressed> {
    const { clock, codec, mirrorMetrics } = this.#dependencies;
    const progress = { ...reached, mirrored: reached.mirrored + records.length, at: clock.now() };
    try {
      await writer.write(records, new Map([[this.name, codec.encode('mirror.progressed', progress)]]));
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'payload_too_large') {
        // Smaller transactions from now on, until the message is alone that the broker does not take.
        if (records.length > 1) this.#limit = Math.max(1, Math.floor(records.length / 2));
        else this.#tooLarge.add(first);
      }
      throw error;
    }
    mirrorMetrics.committed(this.name, records.length);
    this.#limit = Math.min(this.#limit * 2, this.#maxRecords);
    return progress;
  }

  async #recordOf(message: StoredMessage): Promise<MirroredRecord | undefined> {
    const { sequence, subject } = message;
    const refuse = (error: unknown): undefined => {
      const { logger, mirrorMetrics } = this.#dependencies;
      mirrorMetrics.refused(this.name);
      logger.error(
        { error, mirror: this.name, subject, sequence },
        'a message cannot be mirrored and is left out',
      );
      return undefined;
    };
    if (this.#tooLarge.has(sequence))
      return (
        (await this.#source.instead?.(message)) ??
        refuse(new MillraceError('payload_too_large', 'The broker does not take a message of this size.'))
      );
    try {
      return await this.#source.toRecord(message);
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'message_corrupt') return refuse(error);
      throw error;
    }
  }
}
