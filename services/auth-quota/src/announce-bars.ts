import { controlKeys, type AccessBarred } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import { startLoop, type StageDependencies } from '@millrace/stage';
import { execute, statement, type Database } from '@millrace/store';

/** A revocation is to be known everywhere within a second. */
const intervalMs = 250;

type Barred = Pick<AccessBarred, 'kind' | 'id'>;

/** Each list as one number: whether it has changed is asked often. */
const digestOfBarred = () => statement<[{ readonly digest: string }]>`
  select concat_ws(' ',
    (select sum(hashtextextended(id, 0)::numeric) from users where disabled_at is not null),
    (select sum(hashtextextended(id, 1)::numeric) from tenants where suspended_at is not null),
    (select sum(hashtextextended(id, 2)::numeric) from organisations where suspended_at is not null),
    (select sum(hashtextextended(issuer, 3)::numeric) from identity_providers where disabled_at is not null)) as digest`;

const allBarred = () => statement<Barred[]>`
  select 'USER' as kind, id from users where disabled_at is not null
  union all select 'PROJECT', id from tenants where suspended_at is not null
  union all select 'ORGANISATION', id from organisations where suspended_at is not null
  union all select 'ISSUER', issuer from identity_providers where disabled_at is not null`;

/**
 * Keeps `barred.*.*` of CONTROL as the database has it: who disables or suspends writes there alone, and a process that dies, or a broker
 * that is away in the meantime, loses nothing. Replicas do the same; what one did of an older reading the next round mends.
 */
export async function startAnnouncingBars(
  dependencies: StageDependencies & { readonly database: Database },
): Promise<Stoppable> {
  const { bus, codec, clock, database, logger } = dependencies;
  const bucket = bus.bucket('CONTROL');
  /** Keys of the bucket that are there. */
  const announced = new Set<string>();
  let isKnown = false;
  let digest: string | undefined;
  const watch = await bucket.watch(controlKeys.bars, ({ key, value }) => {
    isKnown = false;
    if (value === undefined) announced.delete(key);
    else announced.add(key);
  });

  const loop = startLoop(
    {
      clock,
      intervalMs,
      onError: (error) =>
        logger.warn({ error }, 'who is barred could not be announced and will be announced again'),
    },
    async () => {
      const [present] = await execute(database, digestOfBarred());
      if (isKnown && present.digest === digest) return;
      isKnown = true;
      digest = present.digest;
      try {
        await announceAll();
      } catch (error) {
        isKnown = false;
        throw error;
      }
    },
  );

  const announceAll = async (): Promise<void> => {
    const barred = new Map(
      (await execute(database, allBarred())).map((each) => [controlKeys.bar(each.kind, each.id), each]),
    );
    const missing = [...barred].filter(([key]) => !announced.has(key));
    const left = [...announced].filter((key) => !barred.has(key));
    await Promise.all([
      ...missing.map(([key, each]) =>
        bucket.put(key, codec.encode('access.barred', { ...each, at: clock.now() })),
      ),
      ...left.map((key) => bucket.erase(key)),
    ]);
    if (missing.length + left.length > 0)
      logger.info({ barred: missing.length, readmitted: left.length }, 'gateways were told who is barred');
  };

  return {
    async stop() {
      await loop.stop();
      await watch.stop();
    },
  };
}
