import { eq } from '@millrace/store/sql';
import { controlKeys } from '@millrace/contracts';
import type { PiiAction, PiiPolicy } from '@millrace/pii-policy';
import { piiPolicies, type Transaction } from '@millrace/store';
import type { ControlDependencies } from './control-dependencies.ts';

export type PiiPolicyRow = typeof piiPolicies.$inferSelect;

/** Tells the scrubbers of policies. @throws `unavailable`, `database_unavailable` */
export async function publishPiiPolicies(
  { bus, codec, clock }: Pick<ControlDependencies, 'bus' | 'codec' | 'clock'>,
  transaction: Transaction,
  tenantIds: readonly string[],
): Promise<void> {
  for (const tenant of tenantIds) {
    const [row] = await transaction.select().from(piiPolicies).where(eq(piiPolicies.tenant, tenant));
    if (row === undefined) continue;
    const { actions, outputActions, patterns, allow, restore } = policyOf(row);
    await bus.bucket('CONTROL').put(
      controlKeys.protection(tenant),
      codec.encode('protection.published', {
        tenant,
        version: row.version,
        actions,
        output_actions: outputActions,
        patterns: [...patterns],
        allow: [...allow],
        restore,
        at: clock.now(),
      }),
    );
  }
}

type Actions = Readonly<Record<string, PiiAction>>;

/** What the schema of the change has let in. */
export function policyOf({ actions, outputActions, patterns, allow, restore }: PiiPolicyRow): PiiPolicy {
  return { actions: actions as Actions, outputActions: outputActions as Actions, patterns, allow, restore };
}
