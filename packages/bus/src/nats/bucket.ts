import { MillraceError, type Stoppable } from '@millrace/runtime';
import type { Bucket, StoredMessage } from '../port.ts';
import { header, isMarker, type Headers } from './headers.ts';
import type { JetStreamApi } from './jetstream-api.ts';
import type { Publish } from './publisher.ts';
import { serverErrorCode, toMillraceError } from './server-errors.ts';
import type { StoredMessages } from './stored-messages.ts';
import { bucketStreamName, bucketSubject, markerLifetimeMs } from './stream-config.ts';
import { watchBucket, type WatchDependencies } from './watch-bucket.ts';

export interface BucketDependencies extends WatchDependencies {
  readonly api: JetStreamApi;
  readonly publish: Publish;
  readonly stored: StoredMessages;
  /** Called with each watch, so that the bus can stop it. */
  readonly track: (watch: Stoppable) => Stoppable;
}

const maxAttempts = 8;
const shortestTtlMs = 1_000;
const nothing = new Uint8Array();

/** A bucket on a stream as ADR-8 lays it out, so that other NATS clients can read it. */
export function createBucket(dependencies: BucketDependencies, name: string): Bucket {
  const { api, publish, stored } = dependencies;
  const stream = bucketStreamName(name);
  const last = (key: string): Promise<StoredMessage | undefined> =>
    stored.last(stream, bucketSubject(name, requireKey(key)));

  /** @returns false when another write came in between */
  const putAfter = async (
    key: string,
    value: Uint8Array,
    sequence: number,
    headers?: Headers,
  ): Promise<boolean> => {
    try {
      await publish({
        subject: bucketSubject(name, requireKey(key)),
        payload: value,
        expectedLastSequence: sequence,
        ...(headers === undefined ? {} : { headers }),
      });
      return true;
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'fenced') return false;
      throw error;
    }
  };

  const deleteSecurely = async (message: StoredMessage): Promise<void> => {
    const answer = await api.ask(`STREAM.MSG.DELETE.${stream}`, { seq: message.sequence, no_erase: false });
    if (answer.ok || isAlreadyGone(answer.failure)) return;
    throw toMillraceError(answer.failure, `Erasing a key of bucket ${name}`);
  };

  const overwriteReplaced = async (key: string): Promise<void> => {
    const subject = bucketSubject(name, requireKey(key));
    for (;;) {
      const oldest = await stored.firstAfter(stream, subject, 0);
      const present = await last(key);
      if (oldest === undefined || present === undefined || oldest.sequence >= present.sequence) return;
      await deleteSecurely(oldest);
    }
  };

  return {
    async get(key) {
      const message = await last(key);
      if (message === undefined || isMarker(message.headers)) return undefined;
      return { key, value: message.payload, revision: message.sequence };
    },

    async create(key, value) {
      let sequence = 0;
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        if (await putAfter(key, value, sequence)) return true;
        const message = await last(key);
        if (message !== undefined && !isMarker(message.headers)) return false;
        sequence = message?.sequence ?? 0;
      }
      return false;
    },

    async put(key, value, options) {
      const headers =
        options?.ttlMs === undefined ? undefined : { [header.timeToLive]: timeToLive(options.ttlMs) };
      await publish({
        subject: bucketSubject(name, requireKey(key)),
        payload: value,
        ...(headers === undefined ? {} : { headers }),
      });
    },

    /**
     * A rollup alone would leave the bytes in the block file, so each message is deleted in the way that overwrites it; then a
     * marker tells the watchers. A value that `put` has replaced before is no longer in the stream and is not overwritten.
     */
    async erase(key) {
      const marker = {
        [header.operation]: 'PURGE',
        [header.rollup]: 'sub',
        [header.timeToLive]: timeToLive(markerLifetimeMs),
      };
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const message = await last(key);
        if (message !== undefined && isMarker(message.headers)) {
          if (await putAfter(key, nothing, message.sequence, marker)) return;
        } else if (message !== undefined) {
          await deleteSecurely(message);
        } else if (await putAfter(key, nothing, 0, marker)) {
          return;
        }
      }
      throw new MillraceError(
        'unavailable',
        `A key of bucket ${name} could not be erased: it is written all the time`,
      );
    },

    async replace(key, value, revision) {
      // One more, and the server would drop the oldest without overwriting it.
      await overwriteReplaced(key);
      if (!(await putAfter(key, value, revision))) return false;
      await overwriteReplaced(key);
      return true;
    },

    overwriteReplaced,

    async keys(filter) {
      const present = new Set<string>();
      const watch = await watchBucket(dependencies, name, filter, ({ key, value }) => {
        if (value === undefined) present.delete(key);
        else present.add(key);
      });
      await watch.stop();
      return [...present];
    },

    async watch(filter, listener) {
      return dependencies.track(await watchBucket(dependencies, name, filter, listener));
    },
  };
}

/** The server counts in seconds, one at least. */
function timeToLive(ms: number): string {
  return `${Math.ceil(Math.max(ms, shortestTtlMs) / 1_000)}s`;
}

function isAlreadyGone(failure: { readonly err_code?: number }): boolean {
  return (
    failure.err_code === serverErrorCode.messageNotFound ||
    failure.err_code === serverErrorCode.sequenceNotFound
  );
}

function requireKey(key: string): string {
  if (/^[-/_=.a-zA-Z0-9]+$/.test(key) && !key.startsWith('.') && !key.endsWith('.') && !key.includes('..'))
    return key;
  throw new MillraceError('internal_error', `${JSON.stringify(key)} cannot be a key of a bucket`);
}
