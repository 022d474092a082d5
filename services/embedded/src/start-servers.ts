import { findNatsServer, startNatsServer } from '@millrace/bus/nats-server';
import type { Logger, Stoppable } from '@millrace/runtime';
import { storeKeys } from '@millrace/sealing';
import { startEmbeddedPostgres } from '@millrace/store';
import type { EmbeddedSettings } from './config.ts';
import type { DataFolder } from './data-folder.ts';

export interface Servers extends Stoppable {
  readonly natsUrl: string;
  readonly databaseUrl: string;
}

/**
 * Starts a nats-server and a PostgreSQL in the data folder, or uses those that the settings name.
 *
 * @throws `part_missing`, `nats_server_too_old`, `data_folder_unwritable`, `database_unavailable`
 */
export async function startServers(
  environment: NodeJS.ProcessEnv,
  settings: EmbeddedSettings,
  folder: DataFolder,
  masterKeys: readonly Uint8Array[],
  logger: Logger,
): Promise<Servers> {
  const nats = startNats(environment, settings, folder, masterKeys, logger);
  const postgres = startPostgres(settings, folder, logger);
  const results = await Promise.allSettled([nats, postgres]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    for (const result of results) {
      if (result.status === 'fulfilled') await result.value.stop();
    }
    throw failed.reason;
  }
  const [natsServer, postgresServer] = [await nats, await postgres];
  return {
    natsUrl: natsServer.url,
    databaseUrl: postgresServer.url,
    async stop() {
      await Promise.all([natsServer.stop(), postgresServer.stop()]);
    },
  };
}

interface Server extends Stoppable {
  readonly url: string;
}

async function startNats(
  environment: NodeJS.ProcessEnv,
  { natsUrl, natsServer }: EmbeddedSettings,
  folder: DataFolder,
  masterKeys: readonly Uint8Array[],
  logger: Logger,
): Promise<Server> {
  if (natsUrl !== undefined) return { url: natsUrl, stop: async () => {} };
  const binary = await findNatsServer(
    natsServer === undefined ? environment : { ...environment, NATS_SERVER: natsServer },
  );
  const encryptionKeys = storeKeys(masterKeys, 'nats');
  return startNatsServer({ binary, dataDir: folder.nats, encryptionKeys, logger });
}

async function startPostgres(
  { databaseUrl }: EmbeddedSettings,
  folder: DataFolder,
  logger: Logger,
): Promise<Server> {
  if (databaseUrl !== undefined) return { url: databaseUrl.reveal(), stop: async () => {} };
  return startEmbeddedPostgres({ dataDir: folder.postgres, logger });
}
