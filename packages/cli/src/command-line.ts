import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { MillraceError } from '@millrace/runtime';
import { parseAudit, type AuditCommand } from './audit/parse-audit.ts';

export type Command =
  | AuditCommand
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | { readonly kind: 'quota-rebuild'; readonly dryRun: boolean; readonly wait: boolean }
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

export const helpText = `Millrace's models, and its counters. Of the audit log: npm run millrace -- audit --help

npm run millrace -- models list                      the models of models/manifest.json, and which are on this machine
npm run millrace -- models inspect FILE|NAME         architecture, types of tensors, context, tokenizer, licence, sha256
npm run millrace -- models convert FILE|NAME --to DIR    converts a GGUF file to a folder for MILLRACE_MODEL_DIR
npm run millrace -- models verify NAME|DIR           hashes the files again and says which differ
npm run millrace -- quota rebuild                    makes the counters of all quotas anew from decisions, closings and ledger

NAME is name:version, a name or an alias of the manifest. FILE is a GGUF file, DIR a folder of a converted model.

  --json             one JSON object instead of text; errors too, on the standard error
  --fp32             convert: to dequantised weights, as a reference, instead of the fastest exact form
  --half-cache       convert: keys, values and attention in float16, which a GPU needs and which take half the memory
  --report           convert: then measure what was lost, as KL divergence from the source in fp32 on 512 tokens
  --quality          verify: measure the same of a model that is there
  --source FILE      verify --quality: the GGUF file that DIR was converted from; by default looked for in the cache
  --dry-run          quota rebuild: only says what would be put right
  --wait             quota rebuild: however long admission has to wait; by default it gives up after 8 seconds
  -h, --help         this text

MILLRACE_EXECUTION_PROVIDER, such as cuda, computes the model whose quality is measured; the CPU computes what it is compared with.

Exit codes: 0 done, all is as it should be; 1 an error, or a file differs; 2 the command line is wrong.
`;

const common = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
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

/** @throws MillraceError `config_invalid`, in one sentence */
export function parseCommandLine(args: readonly string[]): Command {
  const [group, verb, ...rest] = args;
  if (group === 'audit' || group === 'explain') return parseAudit(args);
  if (group === undefined || [group, verb].some((word) => word === '--help' || word === '-h')) {
    return { kind: 'help' };
  }
  if (group === 'quota') return parseQuota(verb, rest);
  if (group !== 'models') throw wrong(`There is no command ${group}; models, quota, audit and explain are.`);
  const options = verb === undefined ? undefined : optionsOf[verb];
  if (verb === undefined || options === undefined) {
    throw wrong(`models needs one of ${Object.keys(optionsOf).join(', ')}.`);
  }
  const { values, positionals } = parse(rest, options);
  if (values['help'] === true) return { kind: 'help' };
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

function parseQuota(verb: string | undefined, args: readonly string[]): Command {
  if (verb !== 'rebuild') throw wrong('quota needs rebuild.');
  const { values, positionals } = parse(args, {
    ...common,
    'dry-run': { type: 'boolean' },
    wait: { type: 'boolean' },
  });
  if (values['help'] === true) return { kind: 'help' };
  if (positionals.length > 0) throw wrong('quota rebuild takes no arguments.');
  return { kind: 'quota-rebuild', dryRun: values['dry-run'] === true, wait: values['wait'] === true };
}

function parse(args: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw wrong(`${(cause as Error).message.split('. ')[0]}.`, cause);
  }
}

function wrong(message: string, cause?: unknown): MillraceError {
  return new MillraceError('config_invalid', `${message} See --help.`, { cause });
}
