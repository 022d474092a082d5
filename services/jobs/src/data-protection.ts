import { discardUnkept } from '@millrace/dead-letters';
import {
  createStreamPurge,
  publishDataPolicies,
  resumeErasures,
  type PersonalDataDependencies,
} from '@millrace/personal-data';
import { stopInReverse, type Logger, type Stoppable } from '@millrace/runtime';
import { startLoop, type DataPolicies } from '@millrace/stage';

const purgeIntervalMs = 15_000;
const erasureIntervalMs = 60_000;
/** An erasure that was begun so long ago is not under way any more. */
const cutOffMs = 5 * 60_000;

/** Does what the policies of the tenants say, and finishes erasures that were cut off. */
export function startDataProtection(
  dependencies: PersonalDataDependencies & { readonly logger: Logger },
  policies: Pick<DataPolicies, 'zeroRetentionTenants'>,
): Stoppable {
  const { clock, logger } = dependencies;
  const purge = createStreamPurge(dependencies, policies);
  let isPublished = false;
  const parts = [
    startLoop(
      {
        clock,
        intervalMs: purgeIntervalMs,
        onError: (error) =>
          logger.warn({ error }, 'what is not to be kept could not be removed from the streams'),
      },
      async (signal) => {
        await purge.run(signal);
        await discardUnkept(dependencies, policies.zeroRetentionTenants());
      },
    ),
    startLoop(
      {
        clock,
        intervalMs: erasureIntervalMs,
        onError: (error) =>
          logger.warn({ error }, 'policies could not be published, or an erasure not be finished'),
      },
      async (signal) => {
        if (!isPublished) await publishDataPolicies(dependencies);
        isPublished = true;
        for (const { id } of await resumeErasures(dependencies, signal, cutOffMs))
          logger.info({ erasure: id }, 'an erasure that was cut off is finished');
      },
    ),
  ];
  return { stop: () => stopInReverse(parts) };
}
