import { erase, type DataSubject, type PersonalDataDependencies } from '@millrace/personal-data';
import type { Logger, Stoppable } from '@millrace/runtime';

/** Erasures that are under way in this process. */
export interface Erasures extends Stoppable {
  /** Erases while others are served. What is cut off goes on in the service of the jobs. */
  start(subject: DataSubject): void;
}

export function createErasures(
  dependencies: PersonalDataDependencies & { readonly logger: Logger },
): Erasures {
  const { logger } = dependencies;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  const run = async (subject: DataSubject): Promise<void> => {
    try {
      const { id, removed } = await erase(dependencies, subject, stopping.signal);
      logger.info({ erasure: id, removed }, 'an erasure is complete');
    } catch (error) {
      if (stopping.signal.aborted) logger.info('an erasure will be continued by another process');
      else logger.error({ error }, 'an erasure was cut off and will be continued');
    }
  };
  return {
    start(subject) {
      const name = JSON.stringify([subject.tenant, subject.user]);
      if (running.has(name)) return;
      running.set(
        name,
        run(subject).finally(() => running.delete(name)),
      );
    },
    async stop() {
      stopping.abort();
      await Promise.all(running.values());
    },
  };
}
