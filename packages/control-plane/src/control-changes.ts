import { controlKeys } from '@millrace/contracts';
import { asc, inArray, sql } from '@millrace/store/sql';
import { announceDataPolicy } from '@millrace/stage';
import { controlChanges, dataPolicies, inTransaction, type Transaction } from '@millrace/store';
import type { ControlDependencies } from './control-dependencies.ts';
import { deadKeys } from './effective-roles.ts';
import { publishPiiPolicies } from './publish-pii-policies.ts';
import { publishPrices } from './publish-prices.ts';

type Publishing = Pick<ControlDependencies, 'database' | 'bus' | 'codec' | 'clock'>;

/** Notes, in the transaction that changes them, that those who watch CONTROL are to be told of keys, prices or the policies of tenants. */
export async function noteChanges(
  transaction: Transaction,
  kind: 'key' | 'price' | 'policy' | 'pii-policy',
  subjects: readonly string[],
): Promise<void> {
  if (subjects.length === 0) return;
  await transaction.insert(controlChanges).values(subjects.map((subject) => ({ kind, subject })));
}

/** Any number, the same in all replicas: who has this lock publishes changes. */
const publisherLock = 7_246_010;
const batch = 256;
/** Longer than a gateway is cut off and keeps its connections. */
const changeKeptMs = 24 * 60 * 60_000;

/**
 * Tells what was changed: a key that is dead gets its revocation; one that lives has it erased, and gateways are told to look it up
 * again; a model has its prices published, a tenant its data policy. What is told is what the tables say now, and replicas take turns, so what is older
 * never comes last.
 *
 * @returns how many changes were told
 * @throws `unavailable`, `database_unavailable`; what was not told is told the next time
 */
export async function publishControlChanges(dependencies: Publishing): Promise<number> {
  let told = 0;
  for (let count = batch; count === batch; told += count) {
    count = await inTransaction(dependencies.database, async (transaction) => {
      await transaction.execute(sql`set local lock_timeout = '5s'`);
      await transaction.execute(sql`select pg_advisory_xact_lock(${publisherLock})`);
      const changes = await transaction
        .select()
        .from(controlChanges)
        .orderBy(asc(controlChanges.number))
        .limit(batch);
      const of = (kind: string): readonly string[] => [
        ...new Set(changes.filter((change) => change.kind === kind).map(({ subject }) => subject)),
      ];
      await tellKeys(dependencies, transaction, of('key'));
      await publishPiiPolicies(dependencies, transaction, of('pii-policy'));
      if (of('price').length > 0) await publishPrices(dependencies, transaction, of('price'));
      await tellPolicies(dependencies, transaction, of('policy'));
      const numbers = changes.map(({ number }) => number);
      if (numbers.length > 0)
        await transaction.delete(controlChanges).where(inArray(controlChanges.number, numbers));
      return changes.length;
    });
  }
  return told;
}

async function tellKeys(
  { bus, codec, clock }: Publishing,
  transaction: Transaction,
  keyIds: readonly string[],
): Promise<void> {
  if (keyIds.length === 0) return;
  const dead = await deadKeys(transaction, keyIds);
  const bucket = bus.bucket('CONTROL');
  await Promise.all(
    keyIds.map(async (keyId) => {
      const revocation = controlKeys.revocation(keyId);
      const event = { key_id: keyId, at: clock.now() };
      if (dead.has(keyId)) return bucket.put(revocation, codec.encode('key.revoked', event));
      if ((await bucket.get(revocation)) !== undefined) await bucket.erase(revocation);
      const ttlMs = changeKeptMs;
      return bucket.put(controlKeys.keyChange(keyId), codec.encode('key.changed', event), { ttlMs });
    }),
  );
}

async function tellPolicies(
  dependencies: Publishing,
  transaction: Transaction,
  tenants: readonly string[],
): Promise<void> {
  if (tenants.length === 0) return;
  const policies = await transaction
    .select()
    .from(dataPolicies)
    .where(inArray(dataPolicies.tenant, [...tenants]));
  await Promise.all(policies.map((policy) => announceDataPolicy(dependencies, policy.tenant, policy)));
}
