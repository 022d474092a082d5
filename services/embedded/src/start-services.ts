import { auditSettings, startAudit } from '@millrace/audit';
import { authQuotaSettings, startAuthQuota } from '@millrace/auth-quota';
import { billingSettings, startBilling } from '@millrace/billing';
import { jobsSettings, startJobs } from '@millrace/jobs-runner';
import { mirrorsSettings, startMirrors } from '@millrace/mirrors';
import { piiSettings, startPii, type PiiDependencies } from '@millrace/pii';
import { providersSettings, readProviders, startProviders } from '@millrace/providers';
import { readSettings, stopInReverse, type HealthCheck, type Stoppable } from '@millrace/runtime';
import type { Service, StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';

export interface StartedServices extends Stoppable {
  readonly checks: readonly HealthCheck[];
}

async function startOwnProviders(dependencies: StageDependencies, env: NodeJS.ProcessEnv): Promise<Service> {
  const settings = readSettings(providersSettings, env);
  return startProviders(dependencies, await readProviders(settings.providersFile, env), settings);
}

/** Starts the stages that run in this process. */
export async function startServices(
  dependencies: PiiDependencies & { readonly database: Database },
  env: NodeJS.ProcessEnv,
): Promise<StartedServices> {
  const starts: readonly (readonly [string, () => Promise<Service>])[] = [
    ['audit', () => startAudit(dependencies, readSettings(auditSettings, env))],
    ['billing', () => startBilling(dependencies, readSettings(billingSettings, env))],
    ['providers', () => startOwnProviders(dependencies, env)],
    ['pii', () => startPii(dependencies, readSettings(piiSettings, env))],
    ['jobs', () => startJobs(dependencies, readSettings(jobsSettings, env))],
    ...(env['MILLRACE_KAFKA_BROKERS'] === undefined
      ? []
      : [['mirrors', () => startMirrors(dependencies, readSettings(mirrorsSettings, env))] as const]),
    ['auth-quota', () => startAuthQuota(dependencies, readSettings(authQuotaSettings, env))],
  ];
  const started: Service[] = [];
  const checks: HealthCheck[] = [];
  try {
    for (const [name, start] of starts) {
      const service = await start();
      started.push(service);
      // Whoever asks over HTTP is answered while Kafka is away: the log and the lag of the mirrors tell of it.
      if (name !== 'mirrors') checks.push({ name, check: () => service.ready() });
    }
    return { checks, stop: () => stopInReverse(started) };
  } catch (error) {
    await stopInReverse(started);
    throw error;
  }
}
