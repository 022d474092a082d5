import { controlKeys, fromSubjectToken } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from './stage-dependencies.ts';

/** What may be done with the content of a tenant. */
export interface DataPolicy {
  /** Nothing is kept once its client has it. */
  readonly zeroRetention: boolean;
  /** Whether requests may consent that they are kept as training examples. */
  readonly trainingAllowed: boolean;
}

/** The policies of the tenants as they were published. */
export interface DataPolicies extends Stoppable {
  /** That of a tenant without one is the default: kept as long as the platform does, no training. */
  of(tenant: string): DataPolicy;
  /** Tenants of which nothing is kept. */
  zeroRetentionTenants(): readonly string[];
}

const defaultPolicy: DataPolicy = { zeroRetention: false, trainingAllowed: false };

/** Tells all processes of a tenant's policy. */
export async function announceDataPolicy(
  { bus, codec, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  tenant: string,
  { zeroRetention, trainingAllowed }: DataPolicy,
): Promise<void> {
  await bus.bucket('CONTROL').put(
    controlKeys.policy(tenant),
    codec.encode('policy.published', {
      tenant,
      zero_retention: zeroRetention,
      training_allowed: trainingAllowed,
      at: clock.now(),
    }),
  );
}

export async function watchDataPolicies({
  bus,
  codec,
}: Pick<StageDependencies, 'bus' | 'codec'>): Promise<DataPolicies> {
  const policies = new Map<string, DataPolicy>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.policies, ({ key, value }) => {
    const tenant = fromSubjectToken(key.slice(key.indexOf('.') + 1));
    if (value === undefined) {
      policies.delete(tenant);
      return;
    }
    const { zero_retention, training_allowed } = codec.decode('policy.published', value);
    policies.set(tenant, { zeroRetention: zero_retention, trainingAllowed: training_allowed });
  });
  return {
    of: (tenant) => policies.get(tenant) ?? defaultPolicy,
    zeroRetentionTenants: () =>
      [...policies].filter(([, { zeroRetention }]) => zeroRetention).map(([tenant]) => tenant),
    stop: () => watch.stop(),
  };
}
