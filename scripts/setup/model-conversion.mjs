import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publish, syncToDisk } from './atomic-file.mjs';
import { ensureFolder } from './cache-folder.mjs';
import { Interrupted, runChecked } from './child-process.mjs';
import { wantsCuda } from './cuda-libraries.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';

const convertedFiles = ['model.onnx', 'tokenizer.json', 'model.json'];
// What came before them has no hashes of its files, and works.
const writtenFiles = [...convertedFiles, 'checksums.json'];
const percentUnits = 1000;

/**
 * How models of one kind are converted.
 *
 * @typedef {object} ModelKind
 * @property {string} converterFolder holds `convert-command.ts` and `converter-version.json`
 * @property {string} sourceOption of the command
 * @property {string} folderSetting names a folder that was converted elsewhere
 * @property {string} source the setting that names weights to convert
 * @property {string} suitable what the converter takes
 * @property {string[]} [cudaOptions] of the command, where the model is to run on CUDA
 */

/** @type {ModelKind} */
export const chatModel = {
  converterFolder: 'services/inference/src/model',
  sourceOption: '--gguf',
  folderSetting: 'MILLRACE_MODEL_DIR',
  source: 'MILLRACE_MODEL=/path/to/model.gguf',
  suitable: 'llama or qwen2 architecture; F32, F16, BF16, Q8_0, Q6_K, Q4_K, Q4_1 or Q4_0',
  // Attention in float32 would stay on the CPU.
  cudaOptions: ['--half-cache'],
};

/** @type {ModelKind} */
export const embeddingModel = {
  converterFolder: 'services/inference/src/embedding',
  sourceOption: '--from',
  folderSetting: 'MILLRACE_EMBEDDING_DIR',
  source: 'MILLRACE_EMBEDDING_MODEL=/folder/of/a/sentence-transformers/model',
  suitable: 'BERT architecture, in safetensors',
};

/** A folder that was converted elsewhere, where the setting of its kind names one. */
export function givenModelFolder({ environment }, { folderSetting, source }) {
  if (!environment[folderSetting]) return undefined;
  const folder = resolve(environment[folderSetting]);
  const missing = convertedFiles.filter((file) => !existsSync(join(folder, file)));
  if (missing.length === 0) return folder;
  throw new SetUpError(`${folderSetting} is ${folder}, in which there is no ${missing.join(', no ')}.`, {
    supply: [`${source}, from which it is made`],
  });
}

/**
 * Converts the weights to ONNX, once for each file and version of the converter.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @param {ModelKind} kind
 * @param {{ path: string, sha256: string, name: string }} weights
 * @param {string} node
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string>} the folder of the converted model
 */
export async function provideConvertedModel(workshop, kind, weights, node, environment) {
  const { cache, root } = workshop;
  const { converterFolder, sourceOption, source, suitable, cudaOptions = [] } = kind;
  const options = wantsCuda(workshop.environment) ? cudaOptions : [];
  const { version } = JSON.parse(readFileSync(join(root, converterFolder, 'converter-version.json'), 'utf8'));
  const name = [weights.sha256.slice(0, 16), version, ...options.map((option) => option.slice(2))].join('-');
  const folder = join(cache, 'models', name);
  if (existsSync(folder)) return folder;

  await workshop.exclusively(async ({ guard }) => {
    if (existsSync(folder)) return;
    const step = workshop.reporter.step(`converting ${weights.name} to ONNX`);
    const temporary = ensureFolder(join(workshop.temporaryFolder, 'converted'));
    const command = join(root, converterFolder, 'convert-command.ts');
    const onLine = (line) => {
      const progress = readProgress(line);
      if (progress === undefined) return;
      step.update({ done: Math.round(progress * percentUnits), total: percentUnits, unit: 'percent' });
    };
    try {
      const args = [command, sourceOption, weights.path, '--out', temporary, ...options];
      await runChecked(node, args, { cwd: root, env: environment, onSpawn: guard, onLine });
      for (const file of writtenFiles) {
        if (!existsSync(join(temporary, file))) throw new Error(`the converter wrote no ${file}`);
        syncToDisk(join(temporary, file));
      }
      publish(temporary, folder);
      step.finish();
    } catch (error) {
      step.abandon();
      if (error instanceof Interrupted) throw error;
      throw new SetUpError(`the model ${weights.name} cannot be converted: ${reasonOf(error)}`, {
        looked: [weights.path, ...String(error.message).split('\n').slice(1)],
        supply: [`${source} (${suitable})`],
        cause: error,
      });
    }
  });
  return folder;
}

function readProgress(line) {
  try {
    const { progress } = JSON.parse(line);
    return typeof progress === 'number' ? progress : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
