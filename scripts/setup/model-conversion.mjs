import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publish, syncToDisk } from './atomic-file.mjs';
import { ensureFolder } from './cache-folder.mjs';
import { Interrupted, runChecked } from './child-process.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';

const converterFolder = 'services/inference/src/model';
const convertedFiles = ['model.onnx', 'tokenizer.json', 'model.json'];
// What came before them has no hashes of its files, and works.
const writtenFiles = [...convertedFiles, 'checksums.json'];
const percentUnits = 1000;

/** A folder that was converted elsewhere, where `MILLRACE_MODEL_DIR` names one. */
export function givenModelFolder({ environment }) {
  if (!environment.MILLRACE_MODEL_DIR) return undefined;
  const folder = resolve(environment.MILLRACE_MODEL_DIR);
  const missing = convertedFiles.filter((file) => !existsSync(join(folder, file)));
  if (missing.length === 0) return folder;
  throw new SetUpError(`MILLRACE_MODEL_DIR is ${folder}, in which there is no ${missing.join(', no ')}.`, {
    supply: ['MILLRACE_MODEL=/path/to/model.gguf, from which it is made'],
  });
}

/**
 * Converts the weights to ONNX, once for each file and version of the converter.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @param {{ path: string, sha256: string, name: string }} weights
 * @param {string} node
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<string>} the folder of the converted model
 */
export async function provideConvertedModel(workshop, weights, node, environment) {
  const { cache, root } = workshop;
  const { version } = JSON.parse(readFileSync(join(root, converterFolder, 'converter-version.json'), 'utf8'));
  const folder = join(cache, 'models', `${weights.sha256.slice(0, 16)}-${version}`);
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
      const args = [command, '--gguf', weights.path, '--out', temporary];
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
        supply: [
          'MILLRACE_MODEL=/path/to/model.gguf (llama or qwen2 architecture; F32, F16, BF16, Q8_0, Q6_K, Q4_K, Q4_1 or Q4_0)',
        ],
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
