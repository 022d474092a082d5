import { sql } from '@millrace/store/sql';
import {
  closingOf,
  createCredentials,
  createDrain,
  createGatewayApp,
  watchBars,
  watchRevocations,
  type CredentialOptions,
  type Credentials,
  type GatewaySettings,
} from '@millrace/relay';
import { healthRoutes, listen, stopInReverse, type ListenOptions, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import type { AdminSettings } from './config.ts';
import { adminRoutes } from './admin-routes.ts';

export interface Admin extends Stoppable {
  readonly port: number;
}

/**
 * Serves the administration over HTTP. Wiring alone.
 *
 * @throws `port_in_use`, `config_invalid`
 */
export async function startAdmin(
  dependencies: StageDependencies & { readonly database: Database },
  settings: GatewaySettings & CredentialOptions & ListenOptions & Pick<AdminSettings, 'oidcPrivate'>,
): Promise<Admin> {
  const { bus, clock, database, logger, metrics } = dependencies;
  const drain = createDrain(clock, settings.drainGraceMs);
  const app = await createGatewayApp(settings, drain, logger);
  const parts: Stoppable[] = [closingOf(app, clock)];
  try {
    const revocations = await watchRevocations(dependencies);
    parts.push(revocations);
    const bars = await watchBars(dependencies);
    parts.push(bars);
    const credentials = createCredentials(dependencies, revocations, bars, settings);
    parts.push(credentials);
    const verify: Credentials['verify'] = (credential, address) => credentials.verify(credential, address);
    const allowsPrivateIssuers = settings.oidcPrivate;
    await app.register(adminRoutes, { ...dependencies, verify, allowsPrivateIssuers, prefix: '/admin/v1' });
    const nats = { name: 'nats', check: () => (bus.connected ? undefined : 'not connected to NATS') };
    const postgres = {
      name: 'database',
      async check() {
        await database.execute(sql`select 1`);
        return undefined;
      },
    };
    await app.register(healthRoutes, { checks: [drain.check, nats, postgres], metrics });
    const port = await listen(app, settings);
    parts.push(drain);
    return { port, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
