import type { Consumption, Delivery } from '@millrace/bus';
import { intakeConsumer, intakePlaceOf } from '@millrace/contracts';
import type { Relay } from '@millrace/relay';
import type { Stoppable } from '@millrace/runtime';
import { poisonError, startLoop, type StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import { answerIntake, type AnswerIntakeDependencies } from './answer-intake.ts';
import { messageOf } from './intake-message.ts';
import { createIntakeMetrics } from './intake-metrics.ts';
import type { IntakeSettings } from './intake-settings.ts';
import { createIntakeTenants } from './intake-tenants.ts';
import { createQueuePace, type QueuePace } from './queue-pace.ts';
import { createIntakeReader } from './read-intake.ts';
import { rejectMessage } from './reject-message.ts';

/** A queue, or a lane of one, that is looked after. */
interface Served extends Stoppable {
  readonly tenant: string;
  readonly consumption: Consumption;
  /** When something was last in it. */
  seenAt: number;
}

/**
 * The last resort against a message that ends the process each time. What waits for its turn is delivered again at most every half
 * second, and for no longer than `MILLRACE_INTAKE_MAX_WAIT`.
 */
const maxDeliveries = 10_000;

/**
 * Answers what is in INTAKE. Each queue, and each lane of one, has a consumer of its own, which the replicas share: so no queue waits for
 * another, and a lane is worked off in its order. Queues are found by the subjects of what is stored.
 */
export async function startIntake(
  dependencies: StageDependencies & { readonly database: Database; readonly relay: Relay },
  settings: IntakeSettings & { readonly ackWaitMs: number },
): Promise<Stoppable> {
  const { bus, clock, logger, relay, database } = dependencies;
  const intakeMetrics = createIntakeMetrics(dependencies.metrics);
  const answering: AnswerIntakeDependencies = {
    ...dependencies,
    tenants: createIntakeTenants(database, clock),
    read: createIntakeReader(dependencies.codec),
    intakeMetrics,
    settings,
  };
  const served = new Map<string, Served>();

  const share = (): number =>
    Math.max(
      1,
      Math.min(
        settings.intakeQueueConcurrency,
        Math.floor(settings.intakeConcurrency / Math.max(1, served.size)),
      ),
    );

  const giveUp = async (delivery: Delivery, error: Error): Promise<void> => {
    const message = messageOf(delivery);
    const { address } = answering.read(message);
    const isTenantKnown = (await answering.tenants.principalOf(message.tenant, message.queue)) !== undefined;
    const rejected = { message, address, found: delivery, isTenantKnown };
    const why = poisonError(delivery, { kind: 'error', error });
    await rejectMessage({ ...dependencies, policies: relay.policies }, rejected, why);
    intakeMetrics.left(message.transport, 'rejected', (clock.now() - message.timeMs) / 1_000);
  };

  const serve = async (subject: string, tenant: string): Promise<void> => {
    let consumption: Consumption | undefined;
    const pace: QueuePace = createQueuePace(clock, () => consumption?.wake());
    const definition = intakeConsumer(subject, settings.ackWaitMs);
    consumption = await bus.consume(
      definition,
      {
        concurrency: () => pace.limit(Math.min(share(), definition.maxAckPending)),
        maxDeliveries,
        onPoison: (delivery, why) =>
          giveUp(delivery, why.kind === 'error' ? why.error : poisonError(delivery, why)),
      },
      (delivery) => answerIntake(answering, delivery, pace),
    );
    const running = consumption;
    served.set(subject, {
      tenant,
      consumption: running,
      seenAt: clock.now(),
      async stop() {
        pace.stop();
        await running.stop();
      },
    });
    logger.info({ subject }, 'looks after a queue');
  };

  const ofTenant = (tenant: string): number =>
    [...served.values()].filter((queue) => queue.tenant === tenant).length;

  const look = async (signal: AbortSignal): Promise<void> => {
    const found = await bus.subjectsOf('INTAKE', 'mr.intake.>');
    for (const subject of found.keys()) {
      signal.throwIfAborted();
      const present = served.get(subject);
      if (present !== undefined) {
        present.seenAt = clock.now();
        continue;
      }
      const place = intakePlaceOf(subject);
      if (place === undefined) continue;
      if (ofTenant(place.tenant) >= settings.intakeQueuesPerTenant) {
        logger.warn({ subject }, 'a queue has to wait: its tenant has as many as are looked after at once');
        continue;
      }
      await serve(subject, place.tenant);
    }
    for (const [subject, queue] of served) {
      if (found.has(subject) || queue.consumption.inFlight > 0) continue;
      if (clock.now() - queue.seenAt < settings.intakeIdleMs) continue;
      served.delete(subject);
      await queue.stop();
    }
    const { messages, oldestAt } = await bus.streamState('INTAKE');
    const oldestMs = oldestAt === undefined ? 0 : clock.now() - oldestAt;
    intakeMetrics.waiting(messages, oldestMs / 1_000, served.size);
  };

  const looking = startLoop(
    {
      clock,
      intervalMs: settings.intakePollMs,
      onError: (error) => logger.warn({ error }, 'the queues could not be looked at; it will be tried again'),
    },
    look,
  );
  return {
    async stop() {
      await looking.stop();
      await Promise.all([...served.values()].map((queue) => queue.stop()));
      served.clear();
    },
  };
}
