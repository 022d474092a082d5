import { controlKeys, fromSubjectToken } from '@millrace/contracts';
import { defaultPiiPolicy, piiActions, type PiiAction, type PiiPolicy } from '@millrace/pii-policy/policy';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from './stage-dependencies.ts';

/** What tenants want done with personal data, as it was published. */
export interface PiiPolicies extends Stoppable {
  /** That of a tenant without one is the default. @throws `pii_unavailable` where it was published and cannot be read */
  of(tenant: string): PiiPolicy;
}

const actions: ReadonlySet<string> = new Set(piiActions);

/** Watches the policies: all that are there are known when it returns. */
export async function watchPiiPolicies({
  bus,
  codec,
  logger,
}: Pick<StageDependencies, 'bus' | 'codec' | 'logger'>): Promise<PiiPolicies> {
  const policies = new Map<string, PiiPolicy | MillraceError>();
  const read = (value: Uint8Array): PiiPolicy => {
    const published = codec.decode('protection.published', value);
    return {
      actions: readActions(published.actions),
      outputActions: readActions(published.output_actions),
      patterns: published.patterns,
      allow: published.allow,
      restore: published.restore,
    };
  };
  const watch = await bus.bucket('CONTROL').watch(controlKeys.protections, ({ key, value }) => {
    const tenant = fromSubjectToken(key.slice(key.indexOf('.') + 1));
    if (value === undefined) {
      policies.delete(tenant);
      return;
    }
    try {
      policies.set(tenant, read(value));
    } catch (cause) {
      // What cannot be read allows nothing.
      logger.error({ error: cause, tenant }, 'a policy for personal data cannot be read');
      policies.set(tenant, unreadable(cause));
    }
  });
  return {
    of(tenant) {
      const policy = policies.get(tenant) ?? defaultPiiPolicy;
      if (policy instanceof MillraceError) throw policy;
      return policy;
    },
    stop: () => watch.stop(),
  };
}

function readActions(written: Readonly<Record<string, string>>): Readonly<Record<string, PiiAction>> {
  for (const action of Object.values(written))
    if (!isAction(action)) throw new Error(`${action} is no action of a policy for personal data`);
  return written as Readonly<Record<string, PiiAction>>;
}

function isAction(action: string): action is PiiAction {
  return actions.has(action);
}

function unreadable(cause: unknown): MillraceError {
  return new MillraceError(
    'pii_unavailable',
    'The policy of the tenant for personal data cannot be read, so nothing is let through.',
    { cause, retryable: true },
  );
}
