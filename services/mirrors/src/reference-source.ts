import type { TopicDefinition } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';

/** What a compacted topic is to hold. */
export interface ReferenceSource {
  readonly topic: TopicDefinition;
  open(): Promise<OpenReference>;
}

export interface OpenReference extends Stoppable {
  /** All that there is now, by key. @throws `database_unavailable` */
  read(): Promise<ReadonlyMap<string, ReferenceValue>>;
}

export interface ReferenceValue {
  /** In single-object encoding. */
  readonly message: Uint8Array;
  /** What of it makes a difference: without the moment at which it was told again. */
  readonly sameness: unknown;
}
