/** Which messages of a stream this process has acked lately. */
export interface AckedMessages {
  add(message: StoredMessage): void;
  has(message: StoredMessage): boolean;
}

/** Time as well as sequence: a stream that lost its end gives the same sequence to another message. */
interface StoredMessage {
  readonly sequence: number;
  readonly storedAt: number;
}

/**
 * Remembers the latest `capacity` messages. An ack that does not survive the server (it was killed before it wrote the ack, or
 * the delivery that the ack is for) brings the message again: it is then acked once more instead of worked on twice.
 */
export function createAckedMessages(capacity: number): AckedMessages {
  const storedAtOf = new Map<number, number>();
  return {
    add({ sequence, storedAt }) {
      storedAtOf.delete(sequence);
      storedAtOf.set(sequence, storedAt);
      if (storedAtOf.size <= capacity) return;
      const [oldest] = storedAtOf.keys();
      if (oldest !== undefined) storedAtOf.delete(oldest);
    },
    has: ({ sequence, storedAt }) => storedAtOf.get(sequence) === storedAt,
  };
}
