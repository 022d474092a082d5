import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connectNats, type Bus } from '@millrace/bus';
import { createLogger, MillraceError, type Logger } from '@millrace/runtime';
import { natsAccess } from '@millrace/stage';
import type { ServerSettings } from './server-settings.ts';

/**
 * Connects as the NATS user of the settings, where NATS has users.
 *
 * @throws `unavailable`, `config_invalid`
 */
export async function connectToNats(
  settings: ServerSettings,
  logger: Logger = createLogger({ service: 'millrace', level: 'silent' }),
): Promise<Bus> {
  const url = settings.natsUrl ?? (await addressOfStart(settings, 'nats.url', 'NATS_URL', 'NATS'));
  // A user gets answers in an inbox of its own alone.
  const inbox = settings.natsUser === undefined ? {} : { inboxPrefix: `_INBOX.${settings.natsUser}` };
  return await connectNats({ url, name: 'millrace', logger, ...natsAccess(settings), ...inbox });
}

/**
 * What npm start has written to its data folder.
 *
 * @param variable the setting that has it elsewhere
 * @throws `config_invalid` where no npm start has written it
 */
export async function addressOfStart(
  { dataFolder }: Pick<ServerSettings, 'dataFolder'>,
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
