import {
  closingOf,
  createDrain,
  createGatewayApp,
  newGatewayName,
  startRelay,
  type GatewaySettings,
  type RelaySettings,
} from '@millrace/relay';
import { healthRoutes, listen, stopInReverse, type ListenOptions, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import type { IntakeSettings } from '@millrace/intake';
import { openNameModel, type NameModelSettings } from '@millrace/pii-model';
import type { IngressSettings } from './config.ts';
import { ingressRoutes } from './ingress-routes.ts';
import type { KafkaSourceSettings } from './kafka/kafka-source-settings.ts';
import { onIntakeRequested } from './on-intake-requested.ts';
import { onKafkaRecord } from './on-kafka-record.ts';

export interface Ingress extends Stoppable {
  readonly port: number;
}

/**
 * Serves HTTP with an app and a relay of its own.
 *
 * @throws `port_in_use`, `config_invalid`
 */
export async function startIngress(
  dependencies: StageDependencies & { readonly database?: Database | undefined },
  settings: IngressSettings &
    IntakeSettings &
    KafkaSourceSettings &
    NameModelSettings &
    GatewaySettings &
    RelaySettings &
    ListenOptions & { readonly ackWaitMs: number },
): Promise<Ingress> {
  const { clock, logger, metrics, database, sealing, bus, codec } = dependencies;
  const jobs = database === undefined ? undefined : { database, sealing, bus };
  const drain = createDrain(clock, settings.drainGraceMs);
  const app = await createGatewayApp(settings, drain, logger);
  const parts: Stoppable[] = [closingOf(app, clock)];
  try {
    const classifier = await openNameModel(settings, dependencies);
    // It is stopped last, behind the app that uses it.
    if (classifier !== undefined) parts.unshift(classifier);
    const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, settings);
    parts.push(relay, await onIntakeRequested({ ...dependencies, database, relay }, settings));
    parts.push(await onKafkaRecord({ ...dependencies, database, policies: relay.policies }, settings));
    await app.register(ingressRoutes, {
      relay,
      chain: { bus, codec },
      settings,
      clock,
      logger,
      jobs,
      classifier,
    });
    await app.register(healthRoutes, { checks: [drain.check, ...relay.checks], metrics });
    const port = await listen(app, settings);
    parts.push(drain);
    // What is not answered within the grace period ends with the relay: with an error that says to try again.
    return { port, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
