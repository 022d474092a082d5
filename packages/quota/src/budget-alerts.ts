import { subjects, type Codec } from '@millrace/contracts';
import { createIdGenerator, systemRandom, type Clock, type Metrics } from '@millrace/runtime';
import { prepare, type Statement } from '@millrace/store';
import { nameOf, type QuotaSubject } from './quota-row.ts';
import type { Quota, ReachedShare } from './quota.ts';

export interface BudgetAlertsDependencies {
  readonly codec: Codec;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** A share of a budget that was reached by this very transaction. */
export interface BudgetAlert extends QuotaSubject {
  readonly share: number;
}

/** Reports budgets whose shares are reached, each share once for a month, whoever notices it. */
export interface BudgetAlerts {
  /**
   * What is to be written in the transaction that spends the money: the alerts that the table does not have, and their events in the
   * outbox. It returns a `BudgetAlert` for each. Most often there is nothing to write.
   */
  statementsFor(quotas: readonly Quota[]): readonly Statement<BudgetAlert[]>[];
  /** Is told once that is committed, with what it returned. */
  committed(quotas: readonly Quota[], written: readonly BudgetAlert[]): void;
}

export function createBudgetAlerts({ codec, clock, metrics }: BudgetAlertsDependencies): BudgetAlerts {
  const nextId = createIdGenerator(clock, systemRandom);
  const reported = metrics.counter({
    name: 'millrace_budgets_reached_total',
    help: 'Monthly budgets of which so many per cent were spent.',
    labelNames: ['scope', 'share'],
  });
  /** By name, in which month: so that not each settlement asks the database again. */
  const known = new Map<string, number>();
  const unknownOf = (quotas: readonly Quota[]): readonly ReachedShare[] =>
    quotas
      .flatMap(({ reachedShares }) => reachedShares)
      .filter((each) => known.get(knownAs(each)) !== each.month);
  const rowOf = (reached: ReachedShare): object => {
    const { scope, subject, share, month } = reached;
    const id = nextId();
    const now = clock.now();
    const payload = codec.encode('budget.reached', { alert_id: id, ...reached, reached_at: now });
    return {
      id,
      scope,
      subject,
      share,
      month: new Date(month).toISOString(),
      reached_at: new Date(now).toISOString(),
      topic: subjects.budgetReached(scope, subject),
      payload: Buffer.from(payload).toString('base64'),
    };
  };
  return {
    statementsFor(quotas) {
      const reached = unknownOf(quotas);
      return reached.length === 0 ? [] : [insertAlerts(JSON.stringify(reached.map(rowOf)))];
    },
    committed(quotas, written) {
      const reached = unknownOf(quotas);
      const latest = Math.max(0, ...reached.map(({ month }) => month));
      for (const [name, month] of known) if (month < latest) known.delete(name);
      for (const each of reached) known.set(knownAs(each), each.month);
      for (const { scope, share } of written) reported.inc({ scope, share: String(share) });
    },
  };
}

function knownAs(reached: ReachedShare): string {
  return `${reached.share} ${nameOf(reached)}`;
}

const insertAlerts = prepare<BudgetAlert[]>(`
  with alert as (
    select * from jsonb_to_recordset($1::jsonb) as alert(
      id uuid, scope text, subject text, share int, month timestamptz, reached_at timestamptz, topic text, payload text)),
  reached as (
    insert into budget_alerts (scope, subject, month, share, reached_at)
    select scope, subject, month, share, reached_at from alert order by scope, subject, share
    on conflict do nothing returning scope, subject, share),
  message as (
    insert into outbox (id, subject, payload)
    select id, topic, decode(payload, 'base64') from alert join reached using (scope, subject, share)
    order by scope, subject, share)
  select scope, subject, share from reached`);
