import { and, eq, notInArray, sql } from '@millrace/store/sql';
import { inTransaction, onConnection, webhookDeliveries, type Transaction } from '@millrace/store';
import { newId, type JobDependencies } from './job-dependencies.ts';
import { openJson, sealJson } from './sealed-json.ts';
import type { WebhookPayload, WebhookTarget } from './webhook.ts';

export interface NewDelivery {
  readonly tenant: string;
  /** The job that it is about. */
  readonly subjectId: string;
  readonly target: WebhookTarget;
  readonly payload: WebhookPayload;
}

/** A webhook that is due. */
export interface Delivery {
  /** The same with each try. */
  readonly id: string;
  readonly target: WebhookTarget;
  readonly payload: WebhookPayload;
  /** Of this try, from 1. */
  readonly attempt: number;
}

/** What became of a try: delivered, given up, or to be tried again at a time in milliseconds since the epoch. */
export type DeliveryOutcome = 'delivered' | 'given_up' | { readonly nextAt: number };

/** Writes a webhook to be delivered, as part of the transaction that it tells of. */
export async function addDelivery(
  { sealing, clock, nextId }: Omit<JobDependencies, 'database'>,
  transaction: Transaction,
  { tenant, subjectId, target, payload }: NewDelivery,
): Promise<void> {
  const box = await sealing.forTenant(tenant);
  const id = newId(nextId, 'msg_');
  const now = new Date(clock.now());
  await transaction.insert(webhookDeliveries).values({
    id,
    tenant,
    subjectId,
    target: sealJson(box, `${id}:target`, target),
    payload: sealJson(box, `${id}:payload`, payload),
    createdAt: now,
    nextAt: now,
  });
}

/**
 * Takes the webhook that is due the longest, if there is one, of a tenant that has fewer under way than it may. Another runner takes it
 * after the lease.
 *
 * @throws `database_unavailable`
 */
export async function takeDelivery(
  { database, sealing, clock }: JobDependencies,
  runner: string,
  { leaseMs, perTenant }: { readonly leaseMs: number; readonly perTenant: number },
): Promise<Delivery | undefined> {
  const [row] = await inTransaction(database, async (transaction) => {
    const busy = transaction
      .select({ tenant: webhookDeliveries.tenant })
      .from(webhookDeliveries)
      .where(and(sql`${webhookDeliveries.endedAt} is null`, sql`${webhookDeliveries.leaseUntil} >= now()`))
      .groupBy(webhookDeliveries.tenant)
      .having(sql`count(*) >= ${perTenant}`);
    const due = transaction
      .select({ id: webhookDeliveries.id })
      .from(webhookDeliveries)
      .where(
        and(
          sql`${webhookDeliveries.endedAt} is null`,
          sql`${webhookDeliveries.nextAt} <= ${new Date(clock.now()).toISOString()}::timestamptz`,
          sql`(${webhookDeliveries.leaseUntil} is null or ${webhookDeliveries.leaseUntil} < now())`,
          notInArray(webhookDeliveries.tenant, busy),
        ),
      )
      .orderBy(webhookDeliveries.nextAt)
      .limit(1)
      .for('update', { skipLocked: true });
    return transaction
      .update(webhookDeliveries)
      .set({
        runner,
        leaseUntil: sql`now() + ${leaseMs}::int * interval '1 millisecond'`,
        attempts: sql`${webhookDeliveries.attempts} + 1`,
      })
      .where(sql`${webhookDeliveries.id} = ${due}`)
      .returning();
  });
  if (row === undefined) return undefined;
  const box = await sealing.forTenant(row.tenant);
  return {
    id: row.id,
    target: openJson(box, `${row.id}:target`, row.target) as WebhookTarget,
    payload: openJson(box, `${row.id}:payload`, row.payload) as WebhookPayload,
    attempt: row.attempts,
  };
}

/**
 * @param lastResult status or reason, in a word
 * @throws `database_unavailable`
 */
export async function settleDelivery(
  { database, clock }: Pick<JobDependencies, 'database' | 'clock'>,
  { id }: Delivery,
  runner: string,
  outcome: DeliveryOutcome,
  lastResult: string,
): Promise<void> {
  const changes =
    typeof outcome === 'string'
      ? { outcome, endedAt: new Date(clock.now()) }
      : { nextAt: new Date(outcome.nextAt) };
  await onConnection(database, (connection) =>
    connection
      .update(webhookDeliveries)
      .set({ ...changes, lastResult, runner: null, leaseUntil: null })
      .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.runner, runner))),
  );
}
