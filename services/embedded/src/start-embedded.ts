import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { destination } from 'pino';
import type { ModelReady } from '@millrace/contracts';
import {
  createLogger,
  healthRoutes,
  listen,
  readSettings,
  stopInReverse,
  systemClock,
  type Logger,
  type Stoppable,
} from '@millrace/runtime';
import { closingOf, createDrain, createGatewayApp, gatewaySettings } from '@millrace/relay';
import { nameModelSettings, openNameModel } from '@millrace/pii-model';
import { loadMasterKeys } from '@millrace/sealing';
import { connectPlatform, platformSettings, type Platform } from '@millrace/stage';
import { migrate, openDatabase, type Database } from '@millrace/store';
import { awaitModel } from './await-model.ts';
import type { EmbeddedSettings } from './config.ts';
import { ensureCredentials, type Credentials } from './credentials.ts';
import { openDataFolder, type DataFolder } from './data-folder.ts';
import { mountGateways } from './mount-gateways.ts';
import { serviceEnvironment } from './service-environment.ts';
import { startServers, type Servers } from './start-servers.ts';
import { startServices } from './start-services.ts';
import { startSupervisedProcess } from './supervised-process.ts';

/** Everything on one machine, ready to answer. */
export interface Embedded extends Stoppable {
  readonly url: string;
  readonly servers: Pick<Servers, 'natsUrl' | 'databaseUrl'>;
  readonly credentials: Credentials;
  readonly folder: DataFolder;
  readonly model: ModelReady;
  readonly platform: Platform;
  readonly database: Database;
}

const inferenceScript = fileURLToPath(new URL('../../inference/src/main.ts', import.meta.url));

/**
 * Starts NATS and PostgreSQL (or uses those of the settings), inference as a process of its own, and the other services in this
 * process, on one port.
 *
 * @throws one clear error for each thing that can be in the way: folder, port, parts, versions, model
 */
export async function startEmbedded(
  environment: NodeJS.ProcessEnv,
  settings: EmbeddedSettings,
  signal: AbortSignal,
): Promise<Embedded> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    const folder = await openDataFolder(settings.dataDirectory);
    const logger = openLog(folder, settings);
    const { masterKey } = settings;
    const masterKeys = await loadMasterKeys({
      masterKey,
      masterKeyFile: folder.masterKey,
      createIfMissing: true,
    });
    const servers = keep(await startServers(environment, settings, folder, masterKeys, logger));
    await writeFile(folder.natsUrl, `${servers.natsUrl}\n`, { mode: 0o600 });
    await writeFile(folder.databaseUrl, `${servers.databaseUrl}\n`, { mode: 0o600 });
    signal.throwIfAborted();
    const env = serviceEnvironment(environment, settings, folder, servers);
    const platform = keep(await connectPlatform('embedded', readSettings(platformSettings, env), logger));
    // One for the services that look for names, all in this process.
    const classifier = await openNameModel(readSettings(nameModelSettings, env), platform);
    if (classifier !== undefined) keep(classifier);
    const database = keep(await openDatabase({ url: servers.databaseUrl, logger, signal }));
    await migrate(database);

    const startedAt = platform.clock.now();
    const inference = keep(
      startSupervisedProcess({
        name: 'inference',
        script: inferenceScript,
        env,
        logFile: join(folder.logs, 'inference.log'),
        clock: systemClock,
        logger,
      }),
    );
    const services = keep(await startServices({ ...platform, database, classifier }, env));
    const model = await Promise.race([
      awaitModel(platform, startedAt),
      inference.failed,
      rejectOnAbort(signal),
    ]);
    inference.settle();

    const limits = readSettings(gatewaySettings, env);
    const drain = createDrain(platform.clock, limits.drainGraceMs);
    const app = await createGatewayApp(limits, drain, logger);
    keep(closingOf(app, platform.clock));
    const gateways = keep(await mountGateways(app, drain, { ...platform, database, classifier }, env));
    keep(drain);
    await app.register(healthRoutes, {
      checks: [drain.check, ...services.checks, ...gateways.checks],
      metrics: platform.metrics,
    });
    const port = await listen(app, { port: settings.port, host: settings.host });
    const scheme = limits.tlsCertFile === undefined ? 'http' : 'https';
    const url = `${scheme}://${settings.host === '0.0.0.0' ? '127.0.0.1' : settings.host}:${port}`;
    const credentials = await ensureCredentials(database, platform.clock, folder.credentials, url);
    return { url, servers, credentials, folder, model, platform, database, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}

function openLog(folder: DataFolder, { logLevel }: EmbeddedSettings): Logger {
  mkdirSync(folder.logs, { recursive: true });
  return createLogger({
    service: 'millrace',
    level: logLevel,
    destination: destination({ dest: join(folder.logs, 'millrace.log'), sync: true }),
  });
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
