import { startHealthServer, stopInReverse, type Stoppable } from '@millrace/runtime';
import { connectPlatform, type Platform } from './connect-platform.ts';
import type { PlatformSettings } from './platform-settings.ts';

/** A started service that can say whether it works. */
export interface Service extends Stoppable {
  /** Undefined when the service works, else why not. */
  ready(): Promise<string | undefined> | string | undefined;
}

/**
 * Runs one service as a process of its own: connects, starts it, and serves `/healthz`, `/readyz` and `/metrics`. What it
 * returns stops all in reverse.
 *
 * @param start what it hands to `keep`, such as a database, is stopped after the service
 * @throws what `connectPlatform` and the service's start throw; `port_in_use`
 */
export async function runStandalone(
  name: string,
  settings: PlatformSettings & { readonly healthPort: number },
  start: (platform: Platform, keep: <Part extends Stoppable>(part: Part) => Part) => Promise<Service>,
): Promise<Stoppable> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    const platform = keep(await connectPlatform(name, settings));
    const service = keep(await start(platform, keep));
    const health = await startHealthServer({
      port: settings.healthPort,
      host: settings.healthHost,
      portVariable: 'MILLRACE_HEALTH_PORT',
      checks: [{ name, check: () => service.ready() }],
      metrics: platform.metrics,
    });
    keep(health);
    platform.logger.info({ healthPort: health.port }, 'started');
    return { stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
