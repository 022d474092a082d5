import { createScratchFolder, startCluster, type Cluster, type ClusterOptions } from '@millrace/embedded';

/** For tests that end workers: one that is silent for this long loses its messages. */
export const briefAckWait = { MILLRACE_ACK_WAIT: '2s' } as const;

/** For tests of the cache: elsewhere what is asked is generated, also where it was asked before. */
export const withAnswerCache = { MILLRACE_ANSWER_CACHE: '64MiB' } as const;

/** A cluster on a folder of its own, which goes with it. */
export async function startTestCluster(
  options: Omit<ClusterOptions, 'dataDirectory'> = {},
): Promise<Cluster> {
  const folder = await createScratchFolder();
  try {
    const env = { MILLRACE_ANSWER_CACHE: '0', ...options.env };
    const cluster = await startCluster({ ...options, env, dataDirectory: folder.path });
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
