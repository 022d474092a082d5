import { startIntake, type IntakeSettings } from '@millrace/intake';
import type { Relay } from '@millrace/relay';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';

/**
 * Answers the requests of queues. Without a database nobody could say which organisation a tenant belongs to: then they wait for another
 * process.
 */
export async function onIntakeRequested(
  dependencies: StageDependencies & { readonly database: Database | undefined; readonly relay: Relay },
  settings: IntakeSettings & { readonly ackWaitMs: number },
): Promise<Stoppable> {
  const { database, logger } = dependencies;
  if (settings.intake === 'on' && database !== undefined)
    return await startIntake({ ...dependencies, database }, settings);
  if (settings.intake === 'on') logger.info({}, 'without DATABASE_URL requests of queues are left to others');
  return { stop: async () => undefined };
}
