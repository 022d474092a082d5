import type { EmbeddedSettings } from './config.ts';
import type { DataFolder } from './data-folder.ts';
import type { Servers } from './start-servers.ts';

/** What the services read as their environment: this process's, with the parts that were started. */
export function serviceEnvironment(
  env: NodeJS.ProcessEnv,
  settings: EmbeddedSettings,
  folder: DataFolder,
  servers: Pick<Servers, 'natsUrl' | 'databaseUrl'>,
): NodeJS.ProcessEnv {
  return {
    MILLRACE_AUDIT_KEY_FILE: folder.auditKey,
    ...env,
    NATS_URL: servers.natsUrl,
    DATABASE_URL: servers.databaseUrl,
    MILLRACE_MASTER_KEY_FILE: folder.masterKey,
    MILLRACE_HEALTH_PORT: '0',
    MILLRACE_PORT: String(settings.port),
    MILLRACE_HOST: settings.host,
  };
}
