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
import type { EdgeSettings } from './config.ts';
import { edgeRoutes } from './edge-routes.ts';

export interface Edge extends Stoppable {
  readonly port: number;
}

/**
 * Serves the WebSocket with an app and a relay of its own.
 *
 * @throws `port_in_use`, `config_invalid`
 */
export async function startEdge(
  dependencies: StageDependencies & { readonly database?: Database | undefined },
  settings: EdgeSettings & GatewaySettings & RelaySettings & ListenOptions,
): Promise<Edge> {
  const { clock, logger, metrics, database, sealing } = dependencies;
  const access = database === undefined ? undefined : { database, sealing };
  const drain = createDrain(clock, settings.drainGraceMs);
  const app = await createGatewayApp(settings, drain, logger);
  const parts: Stoppable[] = [closingOf(app, clock)];
  try {
    const relay = await startRelay({ ...dependencies, gateway: newGatewayName() }, settings);
    parts.push(relay);
    await app.register(edgeRoutes, { relay, drain, settings, clock, logger, metrics, access });
    await app.register(healthRoutes, { checks: [drain.check, ...relay.checks], metrics });
    const port = await listen(app, settings);
    parts.push(drain);
    // The relay stops before the app: whoever waits for an answer is told to resume elsewhere before the connection ends.
    return { port, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
