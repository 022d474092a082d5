import { findNatsServer, startNatsServer } from '@millrace/bus/nats-server';
import type { Logger, Stoppable } from '@millrace/runtime';
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
export async function startServers(settings: EmbeddedSettings, folder: DataFolder, logger: Logger): Promise<Servers> {
  const started = await Promise.allSettled([startNats(settings, folder, logger), startPostgres(settings, folder, logger)]);
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(started.map((result) => (result.status === 'fulfilled' ? result.value.stop() : undefined)));
    throw failed.reason;
  }
  const [nats, postgres] = started.map((result) => (result as PromiseFulfilledResult<Server>).value) as [Server, Server];
  return {
    natsUrl: nats.url,
    databaseUrl: postgres.url,
    async stop() {
      await Promise.all([nats.stop(), postgres.stop()]);
    },
  };
}

interface Server extends Stoppable {
  readonly url: string;
}

async function startNats({ natsUrl, natsServer }: EmbeddedSettings, folder: DataFolder, logger: Logger): Promise<Server> {
  if (natsUrl !== undefined) return { url: natsUrl, stop: async () => {} };
  const binary = await findNatsServer(natsServer === undefined ? process.env : { ...process.env, NATS_SERVER: natsServer });
  return startNatsServer({ binary, dataDir: folder.nats, logger });
}

async function startPostgres({ databaseUrl }: EmbeddedSettings, folder: DataFolder, logger: Logger): Promise<Server> {
  if (databaseUrl !== undefined) return { url: databaseUrl.reveal(), stop: async () => {} };
  return startEmbeddedPostgres({ dataDir: folder.postgres, logger });
}
