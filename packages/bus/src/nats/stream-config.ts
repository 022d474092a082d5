import type { BucketDefinition, StreamDefinition } from '@millrace/contracts';
import { toNanoseconds } from './nanoseconds.ts';

/** A stream as `$JS.API.STREAM.CREATE` takes it. Every field that is set here is compared with the server's echo. */
export type StreamConfig = Readonly<Record<string, unknown>> & { readonly name: string };

/** How long the marker of an expired or erased key stays, for watchers that are away at the moment. */
export const markerLifetimeMs = 5 * 60_000;
const bucketDuplicateWindowMs = 2 * 60_000;

export function streamConfig(definition: StreamDefinition, replicas: number): StreamConfig {
  const { republish } = definition;
  return {
    name: definition.name,
    subjects: definition.subjects,
    retention: definition.retention,
    storage: 'file',
    discard: definition.discard,
    max_age: toNanoseconds(definition.maxAgeMs ?? 0),
    max_bytes: definition.maxBytes ?? -1,
    max_msgs: definition.maxMessages ?? -1,
    max_msgs_per_subject: definition.maxMessagesPerSubject ?? -1,
    discard_new_per_subject: definition.maxMessagesPerSubject !== undefined && definition.discard === 'new',
    allow_msg_ttl: definition.allowMessageTtl ?? false,
    duplicate_window: toNanoseconds(definition.duplicateWindowMs),
    deny_delete: definition.denyDelete ?? false,
    deny_purge: definition.denyPurge ?? false,
    allow_direct: true,
    num_replicas: replicas,
    ...(republish === undefined ? {} : { republish: { src: republish.source, dest: republish.destination } }),
  };
}

export function bucketStreamName(bucket: string): string {
  return `KV_${bucket}`;
}

export function bucketSubject(bucket: string, key: string): string {
  return `$KV.${bucket}.${key}`;
}

/**
 * A key-value bucket as ADR-8 lays it out, with one difference: single messages may be deleted, since that is how the server
 * overwrites a value.
 */
export function bucketConfig(definition: BucketDefinition, replicas: number): StreamConfig {
  const { name, history, maxAgeMs = 0 } = definition;
  const duplicateWindowMs =
    maxAgeMs === 0 ? bucketDuplicateWindowMs : Math.min(bucketDuplicateWindowMs, maxAgeMs);
  return {
    name: bucketStreamName(name),
    subjects: [bucketSubject(name, '>')],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_age: toNanoseconds(maxAgeMs),
    max_bytes: -1,
    max_msgs: -1,
    max_msgs_per_subject: history,
    duplicate_window: toNanoseconds(duplicateWindowMs),
    deny_delete: false,
    deny_purge: false,
    allow_direct: true,
    allow_rollup_hdrs: true,
    allow_msg_ttl: true,
    subject_delete_marker_ttl: toNanoseconds(markerLifetimeMs),
    num_replicas: replicas,
  };
}
