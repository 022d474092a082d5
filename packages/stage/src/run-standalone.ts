import { startHealthServer, stopInReverse, type HealthCheck, type Stoppable } from '@millrace/runtime';
import { connectPlatform, type Platform } from './connect-platform.ts';
import type { PlatformSettings } from './platform-settings.ts';

/** A started service that can say whether it works. */
export interface Service extends Stoppable {
  /** Undefined when the service works, else why not. */
  ready: HealthCheck['check'];
}

/**
 * Runs one service as a process of its own: connects, starts it, and serves `/healthz`, `/readyz` and `/metrics`. What it
 * returns stops in reverse.
 *
 * @throws what `connectPlatform` and the service's start throw; `port_in_use`
 */
export async function runStandalone(
  name: string,
  settings: PlatformSettings & { readonly healthPort: number },
  start: (platform: Platform) => Promise<Service>,
): Promise<Stoppable> {
  const parts: Stoppable[] = [];
  try {
    const platform = await connectPlatform(name, settings);
    parts.push(platform);
    const service = await start(platform);
    parts.push(service);
    const health = await startHealthServer({
      port: settings.healthPort,
      host: settings.healthHost,
      portVariable: 'MILLRACE_HEALTH_PORT',
      checks: [{ name, check: service.ready }],
      metrics: platform.metrics,
    });
    parts.push(health);
    platform.logger.info({ healthPort: health.port }, 'started');
    return { stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
