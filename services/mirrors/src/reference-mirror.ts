import { createHash } from 'node:crypto';
import type { TopicDefinition } from '@millrace/contracts';
import { stopInReverse } from '@millrace/runtime';
import type { Frame } from './frame.ts';
import type { Mirror, MirrorDependencies, MirrorTopic } from './mirror.ts';
import type { MirrorWriter } from './mirror-writer.ts';
import type { MirroredRecord } from './mirrored-record.ts';
import type { OpenReference, ReferenceSource } from './reference-source.ts';

/** A source, and the digest of each value of it that Kafka has. */
interface Followed {
  readonly topic: TopicDefinition;
  readonly open: OpenReference;
  readonly known: Map<string, string>;
}

interface Change {
  readonly key: string;
  /** Null: it is gone. */
  readonly value: { readonly message: Uint8Array; readonly digest: string } | null;
}

/** How often the topics are compared with what there is. */
const intervalMs = 2_000;
/** Records of one transaction. */
const page = 500;

/**
 * Keeps compacted topics equal to what there is: what is new or was changed is written, what is gone is removed by a record without value.
 * The state topic has the digests, so that a new owner writes nothing twice.
 */
export class ReferenceMirror implements Mirror {
  readonly name = 'reference';
  readonly #dependencies: MirrorDependencies;
  readonly #frame: Frame;
  readonly #sources: readonly ReferenceSource[];

  constructor(dependencies: MirrorDependencies, frame: Frame, sources: readonly ReferenceSource[]) {
    this.#dependencies = dependencies;
    this.#frame = frame;
    this.#sources = sources;
  }

  topics(): readonly MirrorTopic[] {
    return this.#sources.map(({ topic }) => topic);
  }

  async run(writer: MirrorWriter, signal: AbortSignal): Promise<void> {
    const followed: Followed[] = [];
    try {
      for (const source of this.#sources) {
        const { topic } = source;
        followed.push({ topic, open: await source.open(), known: digestsOf(writer, topic) });
      }
      while (!signal.aborted) {
        for (const each of followed) await this.#bringUpToDate(writer, each);
        await this.#dependencies.clock.sleep(intervalMs, signal);
      }
    } finally {
      await stopInReverse(followed.map(({ open }) => open));
    }
  }

  async #bringUpToDate(writer: MirrorWriter, { topic, open, known }: Followed): Promise<void> {
    const present = await open.read();
    const changes: Change[] = [];
    for (const [key, { message, sameness }] of present) {
      const digest = digestOf(sameness);
      if (known.get(key) !== digest) changes.push({ key, value: { message, digest } });
    }
    for (const key of known.keys()) if (!present.has(key)) changes.push({ key, value: null });
    while (changes.length > 0) {
      const some = changes.splice(0, page);
      const records = await Promise.all(some.map((change) => this.#recordOf(topic, change)));
      const state = some.map(({ key, value }) => {
        return [stateKey(topic, key), value === null ? null : Buffer.from(value.digest)] as const;
      });
      await writer.write(records, new Map(state));
      this.#dependencies.mirrorMetrics.committed(this.name, records.length);
      for (const { key, value } of some) {
        if (value === null) known.delete(key);
        else known.set(key, value.digest);
      }
    }
  }

  async #recordOf(topic: TopicDefinition, { key, value }: Change): Promise<MirroredRecord> {
    const { codec, clock } = this.#dependencies;
    const record = { topic: topic.name, key, timestamp: clock.now() };
    if (value === null) return { ...record, value: null, headers: {} };
    const { name, version } = codec.writerOf(value.message);
    return {
      ...record,
      value: await this.#frame(value.message, topic),
      headers: { 'millrace-event': `${name}.v${version}` },
    };
  }
}

function stateKey({ name }: TopicDefinition, key: string): string {
  return `${name}/${key}`;
}

function digestsOf({ state }: MirrorWriter, topic: TopicDefinition): Map<string, string> {
  const prefix = stateKey(topic, '');
  const own = [...state].filter(([key]) => key.startsWith(prefix));
  return new Map(own.map(([key, digest]) => [key.slice(prefix.length), digest.toString()]));
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
