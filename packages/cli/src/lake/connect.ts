import path from 'node:path';
import { createCodec } from '@millrace/contracts';
import type { LiveSources } from '@millrace/lake';
import { createLogger, stopInReverse, type Stoppable } from '@millrace/runtime';
import { openDatabase } from '@millrace/store';
import { addressOfStart, connectToNats } from '../connect-to-nats.ts';
import type { LakeSettings } from './config.ts';

const logger = createLogger({ service: 'millrace', level: 'silent' });

/** The lake that is meant. @param option what `--lake` or `--to` says */
export function lakeFolderOf(settings: LakeSettings, option: string | undefined): string {
  if (option !== undefined) return path.resolve(settings.workingFolder, option);
  return path.resolve(settings.lakeFolder ?? path.join(settings.dataFolder, 'lake'));
}

/** @throws `config_invalid`, `unavailable`, `database_unavailable` */
export async function openLive(settings: LakeSettings): Promise<LiveSources & Stoppable> {
  const parts: Stoppable[] = [];
  try {
    const bus = await connectToNats(settings);
    parts.push(bus);
    const url =
      settings.databaseUrl?.reveal() ??
      (await addressOfStart(settings, 'database.url', 'DATABASE_URL', 'PostgreSQL'));
    const database = await openDatabase({ url, logger, poolSize: 1 });
    parts.push(database);
    return { bus, codec: createCodec(), database, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
