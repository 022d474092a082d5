import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createScratchFolder, type Cluster } from '@millrace/embedded';
import { startScriptedUpstream, type ScriptedUpstream } from '@millrace/providers/scripted-upstream';
import { stopInReverse, type Stoppable } from '@millrace/runtime';
import OpenAI from 'openai';
import { briefAckWait, startTestCluster } from './test-cluster.ts';

export const farModel = 'far-model';
export const farPrice = { currency: 'USD', inputPerMillionTokens: '1', outputPerMillionTokens: '2' };

/** A cluster with the model of a provider whose answers the test says. */
export interface FarCluster extends Stoppable {
  readonly cluster: Cluster;
  readonly upstream: ScriptedUpstream;
  readonly client: OpenAI;
}

export interface FarProvider {
  /** By default that of the platform. */
  readonly retries?: number;
  /** Entries of the file of the providers, beside `farModel`. */
  readonly models?: readonly object[];
  /** Settings of the cluster, over those that it has here. */
  readonly env?: Readonly<Record<string, string>>;
  readonly restartCrashed?: boolean;
  /** By default those of any cluster. */
  readonly processes?: readonly string[];
}

export async function startFarCluster({
  retries,
  models = [],
  env = {},
  restartCrashed = false,
  processes,
}: FarProvider = {}): Promise<FarCluster> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    const folder = keep(await createScratchFolder());
    const upstream = keep(await startScriptedUpstream());
    const file = path.join(folder.path, 'providers.json');
    const provider = {
      name: 'far',
      baseUrl: upstream.baseUrl,
      keyEnv: 'FAR_KEY',
      retries,
      models: [{ name: farModel, upstream: 'gpt-far', contextLength: 8_192, price: farPrice }, ...models],
    };
    await writeFile(file, JSON.stringify({ providers: [provider] }));
    const cluster = keep(
      await startTestCluster({
        ...(processes === undefined ? {} : { processes }),
        env: {
          ...briefAckWait,
          MILLRACE_ENGINE: 'instant',
          MILLRACE_PROVIDERS: file,
          FAR_KEY: 'secret-of-far',
          ...env,
        },
        restartCrashed,
      }),
    );
    const baseURL = `${cluster.ingressUrl}/v1`;
    const client = new OpenAI({ apiKey: cluster.apiKey, baseURL, maxRetries: 0 });
    return { cluster, upstream, client, stop: () => stopInReverse(parts) };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}
