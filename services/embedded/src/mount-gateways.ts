import type { FastifyInstance } from 'fastify';
import { adminRoutes } from '@millrace/admin';
import { edgeRoutes, edgeSettings } from '@millrace/edge';
import { identitySettings } from '@millrace/identity';
import {
  ingressRoutes,
  ingressSettings,
  kafkaSourceSettings,
  onIntakeRequested,
  onKafkaRecord,
} from '@millrace/ingress';
import { intakeSettings } from '@millrace/intake';
import { newGatewayName, relaySettings, startRelay, type Drain, type Relay } from '@millrace/relay';
import { readSettings, stopInReverse, type HealthCheck, type Stoppable } from '@millrace/runtime';
import { workerSettings, type StageDependencies } from '@millrace/stage';
import type { TokenClassifier } from '@millrace/pii-detectors/names';
import type { Database } from '@millrace/store';

export interface Gateways extends Stoppable {
  readonly checks: readonly HealthCheck[];
}

/** Mounts WebSocket, HTTP and the administration on one app, with one relay behind them. */
export async function mountGateways(
  app: FastifyInstance,
  drain: Drain,
  dependencies: StageDependencies & {
    readonly database: Database;
    readonly classifier: TokenClassifier | undefined;
  },
  env: NodeJS.ProcessEnv,
): Promise<Gateways> {
  const { clock, logger, metrics } = dependencies;
  const { database, sealing, bus, codec, classifier } = dependencies;
  const relay = await startRelay(
    { ...dependencies, gateway: newGatewayName() },
    readSettings(relaySettings, env),
  );
  await app.register(edgeRoutes, {
    relay,
    drain,
    settings: readSettings(edgeSettings, env),
    clock,
    logger,
    metrics,
    access: { database, sealing },
  });
  await app.register(ingressRoutes, {
    relay,
    chain: { bus, codec },
    settings: readSettings(ingressSettings, env),
    clock,
    logger,
    jobs: { database, sealing, bus },
    classifier,
  });
  const verify: typeof relay.verify = (credential, address) => relay.verify(credential, address);
  const { oidcPrivate: allowsPrivateIssuers } = readSettings(identitySettings, env);
  await app.register(adminRoutes, { ...dependencies, verify, allowsPrivateIssuers, prefix: '/admin/v1' });
  const intake = await onIntakeRequested(
    { ...dependencies, relay },
    readSettings({ ...intakeSettings, ackWaitMs: workerSettings.ackWaitMs }, env),
  );
  const topics = await onKafkaRecord(
    { ...dependencies, policies: relay.policies },
    readSettings(kafkaSourceSettings, env),
  );
  return {
    checks: [...relay.checks, workerCheck(relay)],
    stop: () => stopInReverse([relay, intake, topics]),
  };
}

/** The worker is a process of its own: a gateway that answers says nothing of it. */
function workerCheck(relay: Pick<Relay, 'engineState'>): HealthCheck {
  return {
    name: 'inference',
    async check() {
      const { workers } = await relay.engineState();
      const problems = workers.map(({ problem }) => problem);
      return problems.includes(null) ? undefined : (problems[0] ?? 'there is no worker');
    },
  };
}
