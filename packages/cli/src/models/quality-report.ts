import { mkdir } from 'node:fs/promises';
import { measureConversion, type Quality } from '@millrace/inference';
import type { StartProgress } from '../progress.ts';
import type { ModelStore } from './model-store.ts';

/** Measures what a conversion has lost. The reference is made in the cache folder. */
export async function reportQuality(
  store: ModelStore,
  source: string,
  modelDirectory: string,
  startProgress: StartProgress,
): Promise<Quality> {
  await mkdir(store.cacheFolder, { recursive: true });
  return await measureConversion({
    source,
    modelDirectory,
    temporaryFolder: store.cacheFolder,
    threads: store.threads,
    provider: store.provider,
    onProgress: startProgress('measuring against fp32'),
  });
}

export function formatQuality({ tokens, divergence, reverseDivergence, agreement }: Quality): string {
  return [
    `quality against the source in fp32, ${tokens} tokens:`,
    `  KL divergence ${divergence.toFixed(5)} nats (the other way ${reverseDivergence.toFixed(5)})`,
    `  same most likely token ${(100 * agreement).toFixed(1)} %`,
    '',
  ].join('\n');
}
