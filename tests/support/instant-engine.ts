import { prices } from '@millrace/store';
import type { Cluster, ClusterOptions } from '@millrace/embedded';
import { startTestCluster } from './test-cluster.ts';

/** A cluster whose engine answers at once, with a price for what it says. */
export async function startInstantCluster(
  options: Omit<ClusterOptions, 'dataDirectory'> = {},
): Promise<Cluster> {
  const cluster = await startTestCluster({ ...options, env: { MILLRACE_ENGINE: 'instant', ...options.env } });
  try {
    await cluster.database.insert(prices).values({
      model: 'instant',
      version: 1,
      currency: 'USD',
      inputPerMillion: '1',
      outputPerMillion: '2',
      validFrom: new Date(0),
    });
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
