import { join } from 'node:path';
import { destination } from 'pino';
import { createTenant } from '@millrace/control-plane';
import { findNatsServer, startNatsServer } from '@millrace/bus/nats-server';
import { createLogger, MillraceError, readSettings, stopInReverse, type Stoppable } from '@millrace/runtime';
import { loadMasterKeys } from '@millrace/sealing';
import { connectPlatform, platformSettings, type Platform } from '@millrace/stage';
import { migrate, openDatabase, startEmbeddedPostgres, type Database } from '@millrace/store';
import { embeddedSettings } from '../config.ts';
import { defaultTenant, ensureCredentials } from '../credentials.ts';
import { openDataFolder, type DataFolder } from '../data-folder.ts';
import { serviceEnvironment } from '../service-environment.ts';
import { startClusterServer, type ClusterServer } from './cluster-server.ts';
import type { ClusterProcess } from './cluster-process.ts';
import { createClusterProcesses, oneOfEach } from './cluster-processes.ts';
import { freePorts } from './free-ports.ts';
import { restartCrashed } from './restart-crashed.ts';

export interface ClusterOptions {
  readonly dataDirectory: string;
  /** Settings of the services, such as `MILLRACE_ACK_WAIT`, over those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings of one service over those of all, such as its user at NATS. */
  readonly envOf?: (service: string) => Readonly<Record<string, string>>;
  /** More of the configuration of nats-server, such as users and TLS. */
  readonly natsConfiguration?: string;
  /** By default one of each service; `edge-2` is a second edge. */
  readonly processes?: readonly string[];
  /** Whether a process that dies unasked is started again. By default it stays away. */
  readonly restartCrashed?: boolean;
  readonly onOutput?: (name: string, text: string) => void;
  /** Of the tenant of `apiKey`. By default 1,000,000 requests a minute and 64 in flight. */
  readonly tenantLimits?: { readonly requestsPerMinute?: number; readonly maxInFlight?: number };
}

/** Every service as a process of its own, on a nats-server and a PostgreSQL of its own. */
export interface Cluster extends Stoppable {
  readonly processes: ReadonlyMap<string, ClusterProcess>;
  /** @throws `internal_error` when there is none of that name */
  process(name: string): ClusterProcess;
  readonly edgeUrl: string;
  readonly ingressUrl: string;
  readonly adminUrl: string;
  readonly apiKey: string;
  readonly natsUrl: string;
  readonly databaseUrl: string;
  /** A connection that looks on. */
  readonly platform: Platform;
  readonly database: Database;
  readonly nats: ClusterServer;
  readonly postgres: ClusterServer;
  readonly folder: DataFolder;
}

/**
 * Starts servers and services, and resolves when all are ready. Every process keeps its port when it is started again.
 *
 * @throws one clear error for each thing that can be in the way: folder, parts, versions, model
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const base = { ...process.env, ...options.env };
  const settings = readSettings(embeddedSettings, { ...base, MILLRACE_DATA_DIR: options.dataDirectory });
  const names = options.processes ?? oneOfEach(base);
  try {
    const folder = await openDataFolder(settings.dataDirectory);
    const logger = createLogger({
      service: 'cluster',
      level: settings.logLevel,
      destination: destination({ dest: join(folder.logs, 'cluster.log'), sync: true }),
    });
    const [natsPort = 0, postgresPort = 0, ...ports] = await freePorts(names.length + 2);
    const binary = await findNatsServer(base);
    const nats = keep(
      await startClusterServer(() =>
        startNatsServer({
          binary,
          dataDir: folder.nats,
          port: natsPort,
          logger,
          ...(options.natsConfiguration === undefined ? {} : { more: options.natsConfiguration }),
        }),
      ),
    );
    const postgres = keep(
      await startClusterServer(() =>
        startEmbeddedPostgres({ dataDir: folder.postgres, port: postgresPort, logger }),
      ),
    );
    const servers = { natsUrl: nats.url, databaseUrl: postgres.url };
    const { masterKey } = settings;
    await loadMasterKeys({ masterKey, masterKeyFile: folder.masterKey, createIfMissing: true });
    const env = serviceEnvironment(base, settings, folder, servers);
    const platform = keep(await connectPlatform('observer', readSettings(platformSettings, env), logger));
    const { clock } = platform;
    const database = keep(await openDatabase({ url: postgres.url, logger }));
    await migrate(database);

    const processes = createClusterProcesses({
      names,
      ports,
      env,
      envOf: options.envOf ?? (() => ({})),
      logs: folder.logs,
      clock,
      onOutput: options.onOutput,
    });
    keep(killAtExit(processes));
    keep({
      async stop() {
        await Promise.all([...processes.values()].map((process) => process.stop()));
      },
    });
    await startAll([...processes.values()]);
    if (options.restartCrashed === true) keep(restartCrashed([...processes.values()], clock, logger));

    const urlOf = (service: string): string => processes.get(service)?.url ?? '';
    const tenant = { id: defaultTenant, requestsPerMinute: 1_000_000, ...options.tenantLimits };
    await createTenant(database, tenant);
    const credentials = await ensureCredentials(database, clock, folder.credentials, urlOf('edge'));
    return {
      processes,
      process: (name) => find(processes, name),
      edgeUrl: urlOf('edge'),
      ingressUrl: urlOf('ingress'),
      adminUrl: urlOf('admin'),
      apiKey: credentials.api_key,
      natsUrl: nats.url,
      databaseUrl: postgres.url,
      platform,
      database,
      nats,
      postgres,
      folder,
      stop: () => stopInReverse(parts),
    };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}

async function startAll(processes: readonly ClusterProcess[]): Promise<void> {
  const starts = await Promise.allSettled(processes.map((process) => process.start()));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
}

function find(processes: ReadonlyMap<string, ClusterProcess>, name: string): ClusterProcess {
  const found = processes.get(name);
  if (found === undefined) throw new MillraceError('internal_error', `There is no process ${name}.`);
  return found;
}

/** No process outlives this one when it ends by itself without `stop`. */
function killAtExit(processes: ReadonlyMap<string, ClusterProcess>): Stoppable {
  const kill = (): void => {
    for (const running of processes.values()) if (running.running) process.kill(running.pid, 'SIGKILL');
  };
  process.once('exit', kill);
  return {
    async stop() {
      process.removeListener('exit', kill);
    },
  };
}
