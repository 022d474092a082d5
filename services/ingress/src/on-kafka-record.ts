import { createIntakeTenants, type RejectDependencies } from '@millrace/intake';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import type { KafkaSourceSettings } from './kafka/kafka-source-settings.ts';
import { startKafkaSource } from './kafka/start-kafka-source.ts';

/**
 * Consumes the topics that `MILLRACE_KAFKA_TOPICS` describes, emits intake.requested, and answers what is no request. Nothing without that file.
 *
 * @throws `config_invalid`
 */
export async function onKafkaRecord(
  dependencies: StageDependencies & RejectDependencies & { readonly database?: Database | undefined },
  settings: KafkaSourceSettings,
): Promise<Stoppable> {
  const { kafkaTopicsFile } = settings;
  if (kafkaTopicsFile === undefined) return { stop: async () => undefined };
  const { database, clock } = dependencies;
  if (database === undefined) {
    throw new MillraceError(
      'config_invalid',
      'DATABASE_URL is not set: requests of topics (MILLRACE_KAFKA_TOPICS) need it.',
      { param: 'DATABASE_URL' },
    );
  }
  const tenants = createIntakeTenants(database, clock);
  return startKafkaSource(
    {
      ...dependencies,
      isTenantKnown: async (tenant, queue) => (await tenants.principalOf(tenant, queue)) !== undefined,
    },
    { ...settings, kafkaTopicsFile },
  );
}
