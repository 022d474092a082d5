import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connectNats, type Bus } from '@millrace/bus';
import { createCodec } from '@millrace/contracts';
import type { LiveSources } from '@millrace/lake';
import { createLogger, MillraceError, stopInReverse, type Stoppable } from '@millrace/runtime';
import { natsAccess } from '@millrace/stage';
import { openDatabase } from '@millrace/store';
import type { LakeSettings } from './config.ts';

const logger = createLogger({ service: 'millrace', level: 'silent' });

/** The lake that is meant. @param option what `--lake` or `--to` says */
export function lakeFolderOf(settings: LakeSettings, option: string | undefined): string {
  if (option !== undefined) return path.resolve(settings.workingFolder, option);
  return path.resolve(settings.lakeFolder ?? path.join(settings.dataFolder, 'lake'));
}

/** @throws `config_invalid`, `unavailable` */
export async function openBus(settings: LakeSettings): Promise<Bus> {
  const url = settings.natsUrl ?? (await ofStart(settings, 'nats.url', 'NATS_URL', 'NATS'));
  // The user of analysts gets answers in an inbox of its own alone.
  const inbox = settings.natsUser === undefined ? {} : { inboxPrefix: `_INBOX.${settings.natsUser}` };
  return await connectNats({ url, name: 'millrace', logger, ...natsAccess(settings), ...inbox });
}

/** @throws `config_invalid`, `unavailable`, `database_unavailable` */
export async function openLive(settings: LakeSettings): Promise<LiveSources & Stoppable> {
  const parts: Stoppable[] = [];
  try {
    const bus = await openBus(settings);
    parts.push(bus);
    const url =
      settings.databaseUrl?.reveal() ??
      (await ofStart(settings, 'database.url', 'DATABASE_URL', 'PostgreSQL'));
    const database = await openDatabase({ url, logger, poolSize: 1 });
    parts.push(database);
    return { bus, codec: createCodec(), database, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}

/** What npm start has written to its data folder. */
async function ofStart(
  { dataFolder }: LakeSettings,
  name: string,
  variable: string,
  what: string,
): Promise<string> {
  const file = path.join(dataFolder, name);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const message = `Where ${what} is stands neither in ${variable} nor in ${file} (MILLRACE_DATA_DIR), which npm start writes.`;
    throw new MillraceError('config_invalid', message, { param: variable, cause });
  }
}
