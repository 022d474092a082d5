import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { natsUsers } from '@millrace/contracts';
import { MillraceError, type Clock } from '@millrace/runtime';
import { createClusterProcess, type ClusterProcess, type ClusterProcessOptions } from './cluster-process.ts';

/** Which services there are. */
const services: readonly string[] = natsUsers;

/** One of each service; the mirrors only where there is a Kafka that they write to. */
export function oneOfEach(env: NodeJS.ProcessEnv): readonly string[] {
  return services.filter((name) => name !== 'mirrors' || env['MILLRACE_KAFKA_BROKERS'] !== undefined);
}

export interface ClusterProcessesOptions {
  /** `edge`, `edge-2`, … */
  readonly names: readonly string[];
  /** One for each name. */
  readonly ports: readonly number[];
  readonly env: NodeJS.ProcessEnv;
  /** Of one service, over those of all. */
  readonly envOf: (service: string) => Readonly<Record<string, string>>;
  readonly logs: string;
  readonly clock: Clock;
  readonly onOutput?: ClusterProcessOptions['onOutput'];
}

/** @throws `config_invalid` for a name that is not one of a service */
export function createClusterProcesses(
  options: ClusterProcessesOptions,
): ReadonlyMap<string, ClusterProcess> {
  const processes = new Map<string, ClusterProcess>();
  for (const [index, name] of options.names.entries()) {
    const service = name.replace(/-\d+$/, '');
    if (!services.includes(service) || processes.has(name)) {
      throw new MillraceError(
        'config_invalid',
        `${name} cannot be started: names are those of the services, each once, with -2, -3 for more of one.`,
      );
    }
    const port = String(options.ports[index]);
    processes.set(
      name,
      createClusterProcess({
        name,
        script: fileURLToPath(new URL(`../../../${service}/src/main.ts`, import.meta.url)),
        // A gateway serves its health on its one port.
        env: {
          ...options.env,
          ...options.envOf(service),
          MILLRACE_PORT: port,
          MILLRACE_HEALTH_PORT: port,
        },
        url: `http://127.0.0.1:${port}`,
        logFile: join(options.logs, `${name}.log`),
        clock: options.clock,
        onOutput: options.onOutput,
      }),
    );
  }
  return processes;
}
