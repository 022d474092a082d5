import type { Bus } from '@millrace/bus';
import { createCodec, type Codec } from '@millrace/contracts';
import { systemClock, type Clock } from '@millrace/runtime';
import { connectToNats } from '../connect-to-nats.ts';
import type { ServerSettings } from '../server-settings.ts';

/** What the commands that ask the platform are given. */
export interface Connection {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly clock: Clock;
}

/** Connects for as long as the action takes. @throws `unavailable`, `config_invalid` */
export async function connected<Result>(
  settings: ServerSettings,
  action: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const bus = await connectToNats(settings);
  try {
    return await action({ bus, codec: createCodec(), clock: systemClock });
  } finally {
    await bus.stop();
  }
}
