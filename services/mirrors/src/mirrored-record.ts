/** A record as it is to be written to a topic of Kafka. */
export interface MirroredRecord {
  readonly topic: string;
  readonly key: string | Buffer;
  /** Null removes the key from a compacted topic. */
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What a record takes at most beside its key, value and headers. */
const overheadBytes = 64;

/** About how many bytes it takes in a batch of Kafka. */
export function bytesOf({ key, value, headers }: MirroredRecord): number {
  let bytes = overheadBytes + Buffer.byteLength(key) + (value?.byteLength ?? 0);
  for (const name in headers) bytes += name.length + 2 + Buffer.byteLength(headers[name] ?? '');
  return bytes;
}
