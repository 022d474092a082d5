import { sql } from '@millrace/store/sql';
import { mirrorStateTopic } from '@millrace/contracts';
import { openKafka, openSchemaRegistry, readTopics } from '@millrace/kafka';
import { MillraceError, stopInReverse, type Stoppable } from '@millrace/runtime';
import type { Service, StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import { answerSource } from './answer-source.ts';
import type { MirrorsSettings } from './config.ts';
import { controlSources } from './control-source.ts';
import { eventSources } from './event-sources.ts';
import { createFrame } from './frame.ts';
import { createLeases } from './leases.ts';
import { createMirrorMetrics } from './mirror-metrics.ts';
import { mirrorNames, type MirrorName } from './mirror-names.ts';
import type { Mirror } from './mirror.ts';
import { ReferenceMirror } from './reference-mirror.ts';
import { runMirror } from './run-mirror.ts';
import { StreamMirror } from './stream-mirror.ts';
import { tenantSource } from './tenant-source.ts';

/** Mirrors streams and reference data to topics of Kafka. Wiring alone. @throws `config_invalid` */
export async function startMirrors(
  dependencies: StageDependencies & { readonly database: Database },
  settings: MirrorsSettings,
): Promise<Service> {
  const { bus, clock, codec, database, logger, metrics } = dependencies;
  const names = namesOf(settings.mirrors);
  const kafka = await openKafka(settings, logger);
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    const routes =
      settings.kafkaTopicsFile === undefined ? undefined : await readTopics(settings.kafkaTopicsFile);
    const registry = settings.registryUrl === undefined ? undefined : keep(openSchemaRegistry(settings));
    const frame = createFrame(codec, registry);
    const leases = keep(createLeases({ database, clock, logger }));
    const own = { bus, codec, clock, logger, mirrorMetrics: createMirrorMetrics(metrics, clock) };
    const limits = { maxRecords: settings.maxBatch };
    const streams = [
      ...eventSources(codec, frame),
      ...(routes === undefined ? [] : [answerSource(codec, registry, routes)]),
    ];
    const mirrors: readonly Mirror[] = [
      ...streams.map((source) => new StreamMirror(own, source, limits)),
      new ReferenceMirror(own, frame, [...controlSources(bus, codec), tenantSource(database, codec)]),
    ];
    const running = mirrors
      .filter(({ name }) => names.has(name))
      .map((mirror) => {
        const partition = mirrorNames.findIndex((name) => name === mirror.name);
        const place = { topic: mirrorStateTopic, partition };
        return keep(runMirror({ ...own, kafka, leases, topicSettings: settings }, mirror, place));
      });
    return {
      async ready() {
        if (!bus.connected) return 'not connected to NATS';
        await database.execute(sql`select 1`);
        return running.find(({ problem }) => problem !== undefined)?.problem;
      },
      stop: () => stopInReverse(parts),
    };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}

function namesOf(names: readonly string[]): ReadonlySet<string> {
  const wrong = names.find((name) => !mirrorNames.includes(name as MirrorName));
  if (wrong !== undefined || names.length === 0)
    throw new MillraceError(
      'config_invalid',
      `MILLRACE_MIRRORS has ${wrong === undefined ? 'no mirror' : JSON.stringify(wrong)}: it is a list of ${mirrorNames.join(', ')}.`,
      { param: 'MILLRACE_MIRRORS' },
    );
  return new Set(names);
}
