import type { BucketDefinition, ConsumerDefinition, StreamDefinition } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';

/** What the services know of the broker. `nats/` is its adapter; the conformance suite is what an adapter must pass. */
export interface Bus {
  /** Creates or updates streams and buckets, and checks the server's echo. @throws `stream_mismatch`, `nats_server_too_old` */
  provision(streams: readonly StreamDefinition[], buckets: readonly BucketDefinition[]): Promise<void>;

  /**
   * Waits until somebody else has created the streams and buckets, for up to 60 s, and checks them.
   *
   * @throws `stream_mismatch`, also where one is still not there; `nats_server_too_old`
   */
  checkProvision(streams: readonly StreamDefinition[], buckets: readonly BucketDefinition[]): Promise<void>;

  /**
   * Publishes to a stream and waits for its ack. Retries with the same message id for up to `retryForMs` (30 s) while
   * the broker is away.
   *
   * @throws `fenced` when `expectedLastSequence` is not the last sequence of the subject (unless that last message is
   *   this very one, stored by an earlier try: then it is a success); `overloaded` when the stream is full;
   *   `unavailable` when time is up
   */
  publish(message: OutgoingMessage, options?: PublishOptions): Promise<PublishAck>;

  /** Publishes without storage and without ack. */
  publishCore(message: { readonly subject: string; readonly payload: Uint8Array }): void;

  /** Asks and waits for one answer. @throws `unavailable` when nobody answers in time */
  request(
    subject: string,
    payload: Uint8Array,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Uint8Array>;

  /** Answers requests; members of one `queue` share them. */
  respond(
    subject: string,
    queue: string,
    handler: (payload: Uint8Array) => Promise<Uint8Array>,
  ): Promise<Stoppable>;

  /** Core subscription, stored messages repeated by a stream's `republish` included (then `sequence` and `previousSequence` are set). */
  subscribe(subject: string, handler: (message: ReceivedMessage) => void): Promise<Stoppable>;

  /**
   * Works on a consumer's messages one by one, at most `concurrency` at once. Creates or updates the consumer first.
   *
   * The handler's return acks. A throw naks with back-off if it is a retryable `MillraceError`, or is not one at all; a `MillraceError` that is
   * not retryable goes to `onPoison` at once; one with code `fenced` is left alone, neither acked nor nak'ed, since another worker has the message. A message whose delivery count is past `maxDeliveries` goes to `onPoison` before any work.
   * After `onPoison` has returned the message is terminated; when it throws, the message is nak'ed.
   */
  consume(
    consumer: ConsumerDefinition,
    options: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<void>,
  ): Promise<Consumption>;

  /**
   * Works on batches: the handler gets what has arrived, at most `maxBatch`, and answers for each message: those in the returned list,
   * in order, are acked (`true`) or nak'ed (`false`). A throw naks all of them. Poison as with `consume`.
   */
  consumeBatches(
    consumer: ConsumerDefinition,
    options: ConsumeBatchesOptions,
    handler: (deliveries: readonly Delivery[]) => Promise<readonly boolean[]>,
  ): Promise<Consumption>;

  /** The last message of a subject (wildcards allowed) in a stream, or undefined. */
  lastMessage(stream: string, subject: string): Promise<StoredMessage | undefined>;

  /** The stored messages of a subject (wildcards allowed), oldest first, up to what is stored when the call is made. */
  read(stream: string, subject: string, options?: ReadOptions): AsyncIterable<StoredMessage>;

  /** Removes the messages of a subject (wildcards allowed) from a stream. @returns how many */
  purge(stream: string, subject: string): Promise<number>;

  bucket(name: string): Bucket;

  /** Messages in a stream that no consumer has acked, and its size. */
  streamState(stream: string): Promise<StreamState>;

  readonly connected: boolean;
  onConnectionChange(listener: (connected: boolean) => void): Stoppable;

  /** Stops all consumption, waits for what is being worked on, flushes and closes. */
  stop(): Promise<void>;
}

export interface StreamState {
  readonly messages: number;
  readonly bytes: number;
  /** Of the oldest message that is still there; one more than `lastSequence` where none is. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** When it was made, in milliseconds since the epoch: another stream of the same name has another. */
  readonly createdAt: number;
}

export interface OutgoingMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** For the server's deduplication. */
  readonly messageId?: string;
  /** Sequence of the last message of this subject; 0: there is none yet. */
  readonly expectedLastSequence?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PublishOptions {
  readonly retryForMs?: number;
  readonly signal?: AbortSignal;
}

export interface PublishAck {
  readonly stream: string;
  readonly sequence: number;
  /** True when the server had it already. */
  readonly duplicate: boolean;
}

export interface ReceivedMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a message repeated by a stream: its sequence, and that of the message before it on the same subject (0: none). */
  readonly sequence?: number;
  readonly previousSequence?: number;
}

export interface StoredMessage {
  readonly stream: string;
  readonly subject: string;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** When it was stored, in milliseconds since the epoch. */
  readonly storedAt: number;
}

export interface Delivery extends StoredMessage {
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  /** Tells the server that work goes on: starts the ack wait anew. */
  working(): void;
  /** Aborted when the consumption stops and the work should be handed back: throw, and the message is nak'ed at once without delay. */
  readonly signal: AbortSignal;
}

interface ConsumeBase {
  /** Deliveries after which a message is poison. */
  readonly maxDeliveries: number;
  readonly onPoison: (delivery: Delivery, why: PoisonReason) => Promise<void>;
  /** Delay before the n-th redelivery of a nak'ed message, in milliseconds. */
  readonly backoffMs?: (deliveryCount: number) => number;
}

export interface ConsumeOptions extends ConsumeBase {
  /** Most deliveries worked on at once. A function is asked again before each pull: a worker pulls only what it has a slot for. */
  readonly concurrency: number | (() => number);
}

export interface ConsumeBatchesOptions extends ConsumeBase {
  readonly maxBatch: number;
  /**
   * Least time from the beginning of one batch to that of the next, unless it is full before: what comes often gathers, what comes alone does not
   * wait. By default 0.
   */
  readonly minIntervalMs?: number;
}

export type PoisonReason =
  | { readonly kind: 'deliveries' }
  | { readonly kind: 'error'; readonly error: Error };

export interface Consumption extends Stoppable {
  /** Deliveries being worked on. */
  readonly inFlight: number;
  /** Looks again at `concurrency` when it is a function and more has become free. */
  wake(): void;
}

export interface ReadOptions {
  /** First stream sequence to read. */
  readonly fromSequence?: number;
  /** Stored at or after, in milliseconds since the epoch. */
  readonly fromTime?: number;
  readonly signal?: AbortSignal;
}

/** A key-value bucket. */
export interface Bucket {
  get(key: string): Promise<StoredEntry | undefined>;
  /** Stores the value unless the key is there. @returns false when it is */
  create(key: string, value: Uint8Array): Promise<boolean>;
  put(key: string, value: Uint8Array, options?: { readonly ttlMs?: number }): Promise<void>;
  /** Removes the key and overwrites its value in storage. */
  erase(key: string): Promise<void>;
  /**
   * Stores another value if the present one is still that of `revision`, then overwrites in storage what it has replaced, for which
   * the bucket needs a history of two at least.
   *
   * @returns false when it is another one, or gone
   */
  replace(key: string, value: Uint8Array, revision: number): Promise<boolean>;
  /** Overwrites in storage what a `replace` that was cut off has left behind. */
  overwriteReplaced(key: string): Promise<void>;
  /** The keys that match (`acme.*`) and are present when the call is made. */
  keys(filter: string): Promise<readonly string[]>;
  /** Calls the listener with every present entry that matches (`cancel.*`), then with each change; resolves once the present ones are through. A throw of the listener is logged, and the next entry follows. */
  watch(
    filter: string,
    listener: (entry: BucketEntry | { readonly key: string; readonly value: undefined }) => void,
  ): Promise<Stoppable>;
}

export interface BucketEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

/** A value as it lies in the bucket. */
export interface StoredEntry extends BucketEntry {
  /** Which writing of the key it is. */
  readonly revision: number;
}
