import { execute, statement, type Database } from '@millrace/store';
import { startLoop } from '@millrace/stage';
import type { Clock, Logger, Stoppable } from '@millrace/runtime';

const minuteMs = 60_000;
const intervalMs = 5_000;

/** When keys were last used, to the minute. What is noted is written a little later, so that nobody waits for it. */
export interface KeyUses extends Stoppable {
  note(keyIds: readonly string[], at: number): void;
}

/** A use that is not written because the process dies costs nothing but its minute. */
export function startKeyUses({
  database,
  clock,
  logger,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}): KeyUses {
  const written = new Map<string, number>();
  const noted = new Map<string, number>();

  const write = async (): Promise<void> => {
    if (noted.size === 0) return;
    const uses = [...noted];
    await execute(database, writeUses(uses));
    for (const [keyId, minute] of uses) {
      written.set(keyId, minute);
      if (noted.get(keyId) === minute) noted.delete(keyId);
    }
    const present = startOfMinute(clock.now());
    for (const [keyId, minute] of written) if (minute < present) written.delete(keyId);
  };
  const loop = startLoop(
    {
      clock,
      intervalMs,
      onError: (error) => logger.warn({ error }, 'uses of keys could not be written and will be tried again'),
    },
    write,
  );
  return {
    note(keyIds, at) {
      const minute = startOfMinute(at);
      for (const keyId of keyIds) if (written.get(keyId) !== minute) noted.set(keyId, minute);
    },
    async stop() {
      await loop.stop();
      try {
        await write();
      } catch (error) {
        logger.warn({ error }, 'the last uses of keys could not be written');
      }
    },
  };
}

const startOfMinute = (at: number): number => at - (at % minuteMs);

const writeUses = (uses: readonly (readonly [string, number])[]) => statement`
  update api_keys as key set last_used_at = used.at
  from (select id, to_timestamp(minute / 1000) as at from unnest(
    ${uses.map(([keyId]) => keyId)}::text[], ${uses.map(([, minute]) => minute)}::float8[]) as noted(id, minute)) as used
  where key.id = used.id and (key.last_used_at is null or key.last_used_at < used.at)`;
