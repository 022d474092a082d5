import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ExecutionProvider } from '@millrace/onnx';
import { MillraceError } from '@millrace/runtime';
import { createOnnxRunner } from '../engine/onnx-runner.ts';
import { convertModel } from '../model/convert-model.ts';
import { hashFile } from '../model/hash-file.ts';
import { readModelManifest } from '../model/model-manifest.ts';
import { loadTokenizer } from '../text/tokenizer.ts';
import { measureQuality, type Quality } from './measure-quality.ts';

export interface MeasureConversionOptions {
  /** The GGUF file that the model was converted from. */
  readonly source: string;
  /** Folder of the converted model. */
  readonly modelDirectory: string;
  /** Folder in which the reference is made; it takes four bytes for each weight, and is removed. */
  readonly temporaryFolder: string;
  readonly threads: number;
  /** What computes the converted model; the reference is always computed by the CPU. Default `cpu`. */
  readonly provider?: ExecutionProvider | undefined;
  /** Called with the share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

const textFile = new URL('../../fixtures/quality-text.txt', import.meta.url);
const slots = 8;
const longestText = 512;

/**
 * The quality that a converted model has lost: against the weights of its source in fp32, on a text of up to 512 tokens.
 *
 * @throws MillraceError `part_missing` or `model_invalid`; `config_invalid` if the model is of another source
 */
export async function measureConversion(options: MeasureConversionOptions): Promise<Quality> {
  const { source, modelDirectory, temporaryFolder, threads, provider = 'cpu', onProgress } = options;
  const manifest = await readModelManifest(modelDirectory);
  if ((await hashFile(source)) !== manifest.sourceSha256) {
    throw new MillraceError(
      'config_invalid',
      `The model in ${modelDirectory} was converted from another file than ${source}.`,
    );
  }
  const folder = await mkdtemp(path.join(temporaryFolder, 'millrace-reference-'));
  try {
    const onConverted = (share: number): void => onProgress?.(share / 2);
    await convertModel({ source, target: folder, mode: 'fp32', onProgress: onConverted });
    const contextLength = Math.min(longestText, manifest.contextLength);
    const tokenizer = await loadTokenizer(modelDirectory);
    const tokens = tokenizer.encode(await readFile(textFile, 'utf8')).subarray(0, contextLength);
    const shared = { threads, slots, contextLength };
    const runner = await createOnnxRunner({ ...shared, modelDir: modelDirectory, provider });
    try {
      const reference = await createOnnxRunner({ ...shared, modelDir: folder });
      try {
        const report = (share: number): void => onProgress?.(0.5 + share / 2);
        return await measureQuality({ runner, reference, tokens, onProgress: report });
      } finally {
        await reference.close();
      }
    } finally {
      await runner.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
