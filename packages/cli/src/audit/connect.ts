import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connectNats, type Bus } from '@millrace/bus';
import { createCodec, type Codec } from '@millrace/contracts';
import { createLogger, MillraceError, systemClock, type Clock } from '@millrace/runtime';
import type { AuditCliSettings } from './config.ts';

/** What the commands that ask the platform are given. */
export interface Connection {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly clock: Clock;
}

/** Connects for as long as the action takes. @throws `unavailable`, `config_invalid` */
export async function connected<Result>(
  settings: AuditCliSettings,
  action: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const url = settings.natsUrl ?? (await urlOfStart(settings.dataDirectory));
  const logger = createLogger({ service: 'millrace', level: 'silent' });
  const bus = await connectNats({ url, name: 'millrace', logger });
  try {
    return await action({ bus, codec: createCodec(), clock: systemClock });
  } finally {
    await bus.stop();
  }
}

/** @throws `config_invalid` where no npm start has written it */
export async function urlOfStart(dataDirectory: string): Promise<string> {
  const file = path.join(dataDirectory, 'nats.url');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const message = `Where NATS is stands neither in NATS_URL nor in ${file} (MILLRACE_DATA_DIR), which npm start writes.`;
    throw new MillraceError('config_invalid', message, { param: 'NATS_URL', cause });
  }
}
