import { subjects, type AuditRecorded } from '@millrace/contracts';
import type { Delivery } from '@millrace/bus';
import { MillraceError, type IdGenerator } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { hashOfRecord, noHash } from './chain.ts';

type ChainDependencies = Pick<StageDependencies, 'bus' | 'codec' | 'clock'>;

/** How far the clocks of the broker's nodes may be apart. A record is never stored longer than this before its closing. */
const clockSkewMs = 60_000;

/** Ids kept at most; the oldest go first, and are read again should they be asked for. */
const maxKnown = 20_000;

/** A closing that is to be recorded. */
export interface Closing {
  readonly requestId: string;
  readonly closedAt: number;
  readonly delivery: Pick<Delivery, 'sequence' | 'storedAt' | 'payload'>;
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
  /** Recorded ids and when their records were stored, oldest first. */
  readonly #known = new Map<string, number>();
  #knownFrom = Infinity;

  constructor(dependencies: ChainDependencies, nextId: IdGenerator, tenant: string) {
    this.#dependencies = dependencies;
    this.#nextId = nextId;
    this.#tenant = tenant;
    this.#subject = subjects.recorded(tenant);
  }

  /**
   * Records a closing unless it is recorded. One call at a time.
   *
   * @returns whether this call recorded it
   */
  async record(closing: Closing): Promise<boolean> {
    for (;;) {
      const head = (this.#head ??= await this.#readHead());
      await this.#knowSince(closing.delivery.storedAt - clockSkewMs, head);
      if (this.#known.has(closing.requestId)) return false;
      try {
        await this.#append(closing, head);
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

  async #append(closing: Closing, head: Head): Promise<void> {
    const { bus, codec, clock } = this.#dependencies;
    const recordedAt = clock.now();
    const record: AuditRecorded = {
      tenant: this.#tenant,
      sequence: head.sequence + 1,
      record_id: this.#nextId(),
      kind: 'request.closed',
      subject_id: closing.requestId,
      occurred_at: closing.closedAt,
      recorded_at: recordedAt,
      source_sequence: closing.delivery.sequence,
      event: Buffer.from(closing.delivery.payload),
      previous_hash: head.hash,
      hash: noHash,
    };
    const hash = hashOfRecord(codec.encode('audit.recorded', record));
    const ack = await bus.publish({
      subject: this.#subject,
      payload: codec.encode('audit.recorded', { ...record, hash }),
      messageId: `${closing.requestId}:recorded:${record.record_id}`,
      expectedLastSequence: head.streamSequence,
    });
    this.#remember(closing.requestId, recordedAt);
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
        found.set(codec.decode('audit.recorded', stored.payload).subject_id, stored.storedAt);
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
      this.#remember(record.subject_id, stored.storedAt);
      this.#head = { sequence: record.sequence, streamSequence: stored.sequence, hash: record.hash };
    }
    if (this.#head !== head) return;
    this.#forget();
    throw new MillraceError('unavailable', 'The end of an audit chain could not be read.', {
      cause: refused,
    });
  }

  #remember(id: string, storedAt: number): void {
    this.#known.set(id, storedAt);
    if (this.#known.size <= maxKnown) return;
    for (const [oldest, at] of this.#known) {
      if (this.#known.size <= maxKnown / 2) break;
      this.#known.delete(oldest);
      this.#knownFrom = Math.max(this.#knownFrom, at + 1);
    }
  }

  /** After an error of unknown effect: begins anew from what is stored. */
  #forget(): void {
    this.#head = undefined;
    this.#known.clear();
    this.#knownFrom = Infinity;
  }
}
