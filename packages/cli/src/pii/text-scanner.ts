import {
  createAnalyzer,
  nameTypes,
  piecesIn,
  presidioNames,
  type Entity,
} from '@millrace/pii-detectors/entities';
import { classifyTexts, createNameRecognizer, foundBy } from '@millrace/pii-detectors/names';
import type { Stoppable } from '@millrace/runtime';
import type { ScanRequest } from './scan.ts';

/** Finds personal data in texts. */
export interface TextScanner extends Stoppable {
  find(text: string): Promise<readonly Entity[]>;
}

const threads = 4;

/** @throws `part_missing`, `model_invalid` where the model cannot be loaded */
export async function openTextScanner({
  types: asked,
  minScore,
  model: folder,
}: Omit<ScanRequest, 'file'>): Promise<TextScanner> {
  const { types, shown } = presidioNames(asked);
  const options = {
    ...(types === undefined ? {} : { types }),
    ...(minScore === undefined ? {} : { minScore }),
  };
  const wantsNames = types === undefined || nameTypes.some((type) => types.includes(type));
  if (folder === undefined || !wantsNames) {
    const analyze = createAnalyzer({ ...options, ...(wantsNames ? { more: [createNameRecognizer()] } : {}) });
    return { find: async (text) => shown(analyze(text)), stop: async () => undefined };
  }
  // ONNX Runtime, which nothing else of the command line needs.
  const { loadNameModel } = await import('@millrace/pii-model/load');
  const model = await loadNameModel(folder, threads);
  const { signal } = new AbortController();
  return {
    async find(text) {
      const classified = await classifyTexts(model, piecesIn(text), signal);
      return shown(createAnalyzer({ ...options, classified: foundBy(classified) })(text));
    },
    stop: () => model.stop(),
  };
}
