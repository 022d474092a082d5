import { convertModel } from '@millrace/inference';
import type { Outcome } from '../outcome.ts';
import type { StartProgress } from '../progress.ts';
import { sourceOf, type ModelStore } from './model-store.ts';
import { formatQuality, reportQuality } from './quality-report.ts';

export interface ConvertCommand {
  readonly model: string;
  readonly to: string;
  readonly mode: 'exact' | 'fp32';
  readonly cacheType: 'float32' | 'float16';
  /** Whether to measure what was lost. */
  readonly report: boolean;
}

export async function convert(
  store: ModelStore,
  { model, to, mode, cacheType, report }: ConvertCommand,
  startProgress: StartProgress,
): Promise<Outcome> {
  const source = sourceOf(store, store.find(model));
  const folder = store.resolve(to);
  const onProgress = startProgress('converting');
  const { chatTemplate, ...manifest } = await convertModel({
    source,
    target: folder,
    mode,
    cacheType,
    onProgress,
  });
  const quality = report ? await reportQuality(store, source, folder, startProgress) : undefined;
  const text = [
    `${manifest.name} (${manifest.architecture}, ${mode}) is in ${folder}\n`,
    quality === undefined ? '' : formatQuality(quality),
    chatTemplate === undefined ? 'It has no chat template: it cannot be served.\n' : '',
  ].join('');
  return { text, json: { folder, source, ...manifest, quality }, isGood: true };
}
