import { connectNats } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions } from '@millrace/contracts';
import { createLogger, createMetrics, systemClock, type Logger, type Stoppable } from '@millrace/runtime';
import { createSealing, loadMasterKeys } from '@millrace/sealing';
import { natsAccess } from './nats-access.ts';
import { createBucketKeyStore } from './bucket-key-store.ts';
import { streamLimitsOf, type PlatformSettings } from './platform-settings.ts';
import type { StageDependencies } from './stage-dependencies.ts';

/** What a service is handed, and has to be stopped after it. */
export interface Platform extends StageDependencies, Stoppable {}

/**
 * Connects a process to NATS, creates or updates streams and buckets, and loads the master key.
 *
 * @param service name of the service, for logs and the server's list of connections
 * @param logger by default one on the standard output
 * @throws `unavailable`, `nats_server_too_old`, `stream_mismatch`, `config_invalid`
 */
export async function connectPlatform(
  service: string,
  settings: PlatformSettings,
  logger: Logger = createLogger({ service, level: settings.logLevel }),
): Promise<Platform> {
  const clock = systemClock;
  const metrics = createMetrics();
  metrics.collectProcessMetrics();
  const codec = createCodec();
  const masterKeys = await loadMasterKeys({
    masterKey: settings.masterKey,
    masterKeyFile: settings.masterKeyFile,
    createIfMissing: false,
  });
  const bus = await connectNats({
    url: settings.natsUrl,
    name: service,
    logger,
    clock,
    replicas: settings.streamReplicas,
    inboxPrefix: `_INBOX.${service}`,
    ...natsAccess(settings),
  });
  try {
    const streams = streamDefinitions(streamLimitsOf(settings));
    if (settings.provision === 'check') await bus.checkProvision(streams, bucketDefinitions);
    else await bus.provision(streams, bucketDefinitions);
    const sealing = await createSealing(masterKeys, createBucketKeyStore({ bus, codec }), clock);
    return {
      bus,
      codec,
      sealing,
      clock,
      logger,
      metrics,
      async stop() {
        await sealing.stop();
        await bus.stop();
      },
    };
  } catch (error) {
    await bus.stop();
    throw error;
  }
}
