import type { TokenClassifier } from '@millrace/pii-detectors/names';
import type { Logger, Metrics, Stoppable } from '@millrace/runtime';
import type { NameModelSettings } from './settings.ts';

/** A model of names that is loaded and warm. */
export interface NameModel extends TokenClassifier, Stoppable {
  readonly kind: 'token classification' | 'GLiNER';
  /** Labels that it knows and that are neither persons, organisations nor places. */
  readonly ignoredLabels: readonly string[];
}

/**
 * Loads the model that is configured, if one is, and ONNX Runtime with it. The log says what it is, a metric how long it takes.
 *
 * @returns undefined where none is configured
 * @throws MillraceError `part_missing` where a file or ONNX Runtime is missing, `model_invalid` where the model is damaged or of another kind
 */
export async function openNameModel(
  { nameModel: folder, nameModelThreads: threads }: NameModelSettings,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): Promise<NameModel | undefined> {
  const seconds = metrics.histogram({
    name: 'millrace_pii_model_seconds',
    help: 'Time that the model of names took for the texts of a request, waiting for others included; nothing where none is configured.',
  });
  if (folder === undefined) return undefined;
  const { loadNameModel } = await import('./load-name-model.ts');
  const model = await loadNameModel(folder, threads);
  const { kind, ignoredLabels } = model;
  logger.info({ folder, kind, threads, ignoredLabels }, 'names are found by a model');
  return {
    ...model,
    async classify(texts, signal) {
      const end = seconds.startTimer();
      try {
        return await model.classify(texts, signal);
      } finally {
        end();
      }
    },
  };
}
