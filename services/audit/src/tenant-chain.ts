import { hashOfRecord, noHash } from '@millrace/audit-log';
import { subjects, type AuditRecorded } from '@millrace/contracts';
import type { Delivery } from '@millrace/bus';
import { MillraceError, type IdGenerator } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';

type ChainDependencies = Pick<StageDependencies, 'bus' | 'codec' | 'clock'>;

/** How far the clocks of the broker's nodes may be apart. A record is never stored longer than this before its event. */
const clockSkewMs = 60_000;

/** Ids are kept for as long before the event at hand, since events come about in their order; an older one is looked for in the stream again. */
const keptMs = 10 * 60_000;

/** Ids kept at most; the oldest go first. */
const maxKnown = 1_000_000;

/** What is to be recorded: an event as it is stored. */
export interface Entry extends Pick<AuditRecorded, 'kind' | 'subject_id' | 'occurred_at' | 'charge'> {
  readonly delivery: Pick<Delivery, 'stream' | 'sequence' | 'storedAt' | 'payload'>;
  /** The earliest moment that the same event may have been recorded at, in milliseconds since the epoch. */
  readonly since: number;
}

/** A request has a record of its end and may have one of what was found in its answer. */
function keyOf({ kind, subject_id: id }: Pick<AuditRecorded, 'kind' | 'subject_id'>): string {
  return `${kind}:${id}`;
}

/** The end of a chain. */
interface Head {
  /** Position in the chain; 0 when it is empty. */
  readonly sequence: number;
  /** Of the last record in the stream; 0 when there is none. */
  readonly streamSequence: number;
  readonly hash: Uint8Array;
}

/**
 * The chain of one tenant, as one who may append to it.
 *
 * It knows every id recorded since `knownFrom`: it reads what was stored before it looked, sees its own appends, and reads
 * on when another replica was faster. So whether a closing is recorded already is known exactly as of the head, and the
 * server accepts an append only if the head is still that one.
 */
export class TenantChain {
  readonly #dependencies: ChainDependencies;
  readonly #nextId: IdGenerator;
  readonly #tenant: string;
  readonly #subject: string;
  #head: Head | undefined;
  /** What is recorded, by `keyOf`, and when it was stored, oldest first. */
  readonly #known = new Map<string, number>();
  #knownFrom = Infinity;

  constructor(dependencies: ChainDependencies, nextId: IdGenerator, tenant: string) {
    this.#dependencies = dependencies;
    this.#nextId = nextId;
    this.#tenant = tenant;
    this.#subject = subjects.recorded(tenant);
  }

  /**
   * Records an event unless it is recorded. One call at a time.
   *
   * @returns whether this call recorded it
   */
  async record(entry: Entry): Promise<boolean> {
    for (;;) {
      const head = (this.#head ??= await this.#readHead());
      const since = entry.since - clockSkewMs;
      await this.#knowSince(since, head);
      this.#dropBefore(since - keptMs);
      if (this.#known.has(keyOf(entry))) return false;
      try {
        await this.#append(entry, head);
        return true;
      } catch (error) {
        if (!(error instanceof MillraceError && error.code === 'fenced')) {
          this.#forget();
          throw error;
        }
        await this.#readOn(head, error);
      }
    }
  }

  async #append({ delivery, since: _since, ...entry }: Entry, head: Head): Promise<void> {
    const { bus, codec, clock } = this.#dependencies;
    const recordedAt = clock.now();
    const record: AuditRecorded = {
      tenant: this.#tenant,
      sequence: head.sequence + 1,
      record_id: this.#nextId(),
      ...entry,
      recorded_at: recordedAt,
      source_stream: delivery.stream,
      source_sequence: delivery.sequence,
      event: Buffer.from(delivery.payload),
      previous_hash: head.hash,
      hash: noHash,
    };
    const hash = hashOfRecord(codec.encode('audit.recorded', record));
    const ack = await bus.publish({
      subject: this.#subject,
      payload: codec.encode('audit.recorded', { ...record, hash }),
      messageId: `${keyOf(entry)}:recorded:${record.record_id}`,
      expectedLastSequence: head.streamSequence,
    });
    this.#remember(keyOf(entry), recordedAt);
    this.#head = { sequence: record.sequence, streamSequence: ack.sequence, hash };
  }

  async #readHead(): Promise<Head> {
    const { bus, codec } = this.#dependencies;
    const last = await bus.lastMessage('AUDIT', this.#subject);
    if (last === undefined) return { sequence: 0, streamSequence: 0, hash: noHash };
    const record = codec.decode('audit.recorded', last.payload);
    return { sequence: record.sequence, streamSequence: last.sequence, hash: record.hash };
  }

  /** Reads the ids of the records up to the head that were stored since then, unless they are known. */
  async #knowSince(time: number, head: Head): Promise<void> {
    if (time >= this.#knownFrom) return;
    const { bus, codec } = this.#dependencies;
    const found = new Map<string, number>();
    if (head.streamSequence > 0) {
      for await (const stored of bus.read('AUDIT', this.#subject, { fromTime: time })) {
        if (stored.sequence > head.streamSequence) break;
        found.set(keyOf(codec.decode('audit.recorded', stored.payload)), stored.storedAt);
      }
    }
    this.#known.clear();
    for (const [id, storedAt] of found) this.#known.set(id, storedAt);
    this.#knownFrom = time;
  }

  /** Takes in what another replica has appended since the head that was refused. */
  async #readOn(head: Head, refused: MillraceError): Promise<void> {
    const { bus, codec } = this.#dependencies;
    for await (const stored of bus.read('AUDIT', this.#subject, { fromSequence: head.streamSequence + 1 })) {
      const record = codec.decode('audit.recorded', stored.payload);
      this.#remember(keyOf(record), stored.storedAt);
      this.#head = { sequence: record.sequence, streamSequence: stored.sequence, hash: record.hash };
    }
    if (this.#head !== head) return;
    this.#forget();
    throw new MillraceError('unavailable', 'The end of an audit chain could not be read.', {
      cause: refused,
    });
  }

  #remember(key: string, storedAt: number): void {
    this.#known.set(key, storedAt);
  }

  #dropBefore(time: number): void {
    for (const [oldest, storedAt] of this.#known) {
      if (storedAt >= time && this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
      this.#knownFrom = Math.max(this.#knownFrom, storedAt + 1);
    }
  }

  /** After an error of unknown effect: begins anew from what is stored. */
  #forget(): void {
    this.#head = undefined;
    this.#known.clear();
    this.#knownFrom = Infinity;
  }
}
