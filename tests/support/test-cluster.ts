import { createScratchFolder, startCluster, type Cluster, type ClusterOptions } from '@millrace/embedded';

/** A cluster on a folder of its own, which goes with it. A worker that is silent for 2 s loses its messages. */
export async function startTestCluster(
  options: Omit<ClusterOptions, 'dataDirectory'> = {},
): Promise<Cluster> {
  const folder = await createScratchFolder();
  try {
    const cluster = await startCluster({
      ...options,
      dataDirectory: folder.path,
      env: { MILLRACE_ACK_WAIT: '2s', ...options.env },
    });
    return {
      ...cluster,
      async stop() {
        await cluster.stop();
        await folder.stop();
      },
    };
  } catch (error) {
    await folder.stop();
    throw error;
  }
}
