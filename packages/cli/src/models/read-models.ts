import type { ParseArgsOptionsConfig } from 'node:util';
import { readOptions, wrong } from '../read-options.ts';

/** A command of the group `models`. */
export type ModelsCommand =
  | { readonly kind: 'list' }
  | { readonly kind: 'inspect'; readonly model: string }
  | {
      readonly kind: 'convert';
      readonly model: string;
      readonly to: string;
      readonly mode: 'exact' | 'fp32';
      readonly cacheType: 'float32' | 'float16';
      readonly report: boolean;
    }
  | { readonly kind: 'verify'; readonly model: string; readonly quality: boolean; readonly source?: string };

export const modelsHelp = `Millrace's models.

npm run millrace -- models list                      the models of models/manifest.json, and which are on this machine
npm run millrace -- models inspect FILE|NAME         architecture, types of tensors, context, tokenizer, licence, sha256
npm run millrace -- models convert FILE|NAME --to DIR    converts a GGUF file to a folder for MILLRACE_MODEL_DIR
npm run millrace -- models verify NAME|DIR           hashes the files again and says which differ

NAME is name:version, a name or an alias of the manifest. FILE is a GGUF file, DIR a folder of a converted model.

  --json             one JSON object instead of text; errors too, on the standard error
  --fp32             convert: to dequantised weights, as a reference, instead of the fastest exact form
  --half-cache       convert: keys, values and attention in float16, which a GPU needs and which take half the memory
  --report           convert: then measure what was lost, as KL divergence from the source in fp32 on 512 tokens
  --quality          verify: measure the same of a model that is there
  --source FILE      verify --quality: the GGUF file that DIR was converted from; by default looked for in the cache
  -h, --help         this text

MILLRACE_EXECUTION_PROVIDER, such as cuda, computes the model whose quality is measured; the CPU computes what it is compared with.
`;

const common = { json: { type: 'boolean' } } as const;
const optionsOf: Readonly<Record<string, ParseArgsOptionsConfig>> = {
  list: common,
  inspect: common,
  convert: {
    ...common,
    to: { type: 'string' },
    fp32: { type: 'boolean' },
    'half-cache': { type: 'boolean' },
    report: { type: 'boolean' },
  },
  verify: { ...common, quality: { type: 'boolean' }, source: { type: 'string' } },
};

/** @param args behind `models`. @throws MillraceError `config_invalid`, in one sentence */
export function readModelsCommand(args: readonly string[]): ModelsCommand {
  const [verb, ...rest] = args;
  const options = verb === undefined ? undefined : optionsOf[verb];
  if (verb === undefined || options === undefined) {
    throw wrong(`models needs one of ${Object.keys(optionsOf).join(', ')}.`);
  }
  const { values, positionals } = readOptions(rest, options);
  const [model, ...others] = positionals;
  if (verb === 'list') {
    if (model !== undefined) throw wrong('models list takes no model.');
    return { kind: 'list' };
  }
  if (model === undefined || others.length > 0) throw wrong(`models ${verb} takes one model.`);
  if (verb === 'inspect') return { kind: 'inspect', model };
  const { to, source } = values;
  if (verb === 'convert') {
    if (typeof to !== 'string') throw wrong('models convert needs --to DIR.');
    const mode = values['fp32'] === true ? 'fp32' : 'exact';
    const cacheType = values['half-cache'] === true ? 'float16' : 'float32';
    return { kind: 'convert', model, to, mode, cacheType, report: values['report'] === true };
  }
  const quality = values['quality'] === true;
  if (typeof source !== 'string') return { kind: 'verify', model, quality };
  if (!quality) throw wrong('--source goes with --quality.');
  return { kind: 'verify', model, quality, source };
}
