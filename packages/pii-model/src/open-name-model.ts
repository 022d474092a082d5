import type { TokenClassifier } from '@millrace/pii-detectors/names';
import type { Logger, Stoppable } from '@millrace/runtime';
import type { NameModelSettings } from './settings.ts';

/** A model of names that is loaded and warm. */
export interface NameModel extends TokenClassifier, Stoppable {
  readonly kind: 'token classification' | 'GLiNER';
  /** Labels that it knows and that are neither persons, organisations nor places. */
  readonly ignoredLabels: readonly string[];
}

/**
 * Loads the model that is configured, if one is; ONNX Runtime with it. Says in the log what it is.
 *
 * @returns undefined where none is configured
 * @throws MillraceError `part_missing` where a file or ONNX Runtime is missing, `model_invalid` where the model is damaged or of another kind
 */
export async function openNameModel(
  { nameModel: folder, nameModelThreads: threads }: NameModelSettings,
  logger?: Logger,
): Promise<NameModel | undefined> {
  if (folder === undefined) return undefined;
  const { loadNameModel } = await import('./load-name-model.ts');
  const model = await loadNameModel(folder, threads);
  logger?.info(
    { folder, kind: model.kind, threads, ignoredLabels: model.ignoredLabels },
    'names are found by a model',
  );
  return model;
}
