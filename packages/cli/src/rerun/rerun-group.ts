import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import type { CommandContext, CommandGroup } from '../command-group.ts';
import type { Outcome } from '../outcome.ts';
import { readOptions, wrong } from '../read-options.ts';
import { formatReport, reportOf, type Thresholds } from './report.ts';
import { readResultFile } from './result-file.ts';
import { recorded, runRerun, type Rerun, type RerunOrder } from './run-rerun.ts';

const help = `rerun: what another model, or another version of it, makes of requests that were asked before

npm run millrace -- COMMAND

  rerun examples TENANT --model MODEL --out FILE
      runs the requests of a tenant whose clients have consented that they are kept, at low priority, and compares the answers with those that
      were given then. The file has what came of each, without texts; the same command goes on with it where it was cut off.
    --against MODEL      compares with what this model answers now, not with what was kept
    --of MODEL           those that this model was asked alone
    --limit NUMBER       most examples; 1000 by default
    --concurrency NUMBER requests at once; 4 by default
    --max-tokens NUMBER  most tokens of an answer; 256 by default
    --keep-answers       writes the answers into the file too
  rerun report FILE
      says again what came of it
  both:
    --report FILE           writes the report as JSON, for CI
    --max-changed SHARE     more answers that are other than before are an error, such as 5%
    --min-similarity NUMBER answers that are less alike on average, 0 to 1
    --max-failed SHARE      more examples that are not answered
    --max-slower SHARE      a median latency that rose by more
    --max-dearer SHARE      a cost that rose by more
  --json                 one JSON object instead of text; errors too, on the standard error

Exit code 1 where something is beyond a threshold. How alike two answers are: 1 less their edit distance, for a share of the longer one.
Placeholders stand for personal data in what was kept, and are asked as they are. Answers are greedy and pass the cache.

MILLRACE_RERUN_API_KEY is the key that the requests are charged to, MILLRACE_API_URL where they are asked (by default that of npm start);
MILLRACE_ADMIN_URL and MILLRACE_API_KEY are for the administration, which has the examples.

Examples:
  npm run millrace -- rerun examples acme-web --model smollm2-135m-instruct --out rerun.jsonl
  npm run millrace -- rerun examples acme-web --model new --against old --out rerun.jsonl --max-changed 5% --max-slower 20%
  npm run millrace -- rerun report rerun.jsonl --report report.json --json
`;

const thresholdOptions = {
  report: { type: 'string' },
  'max-changed': { type: 'string' },
  'min-similarity': { type: 'string' },
  'max-failed': { type: 'string' },
  'max-slower': { type: 'string' },
  'max-dearer': { type: 'string' },
  json: { type: 'boolean' },
} as const;

const exampleOptions = {
  ...thresholdOptions,
  model: { type: 'string' },
  out: { type: 'string' },
  against: { type: 'string' },
  of: { type: 'string' },
  limit: { type: 'string' },
  concurrency: { type: 'string' },
  'max-tokens': { type: 'string' },
  'keep-answers': { type: 'boolean' },
} as const;

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
const never = new AbortController().signal;

export const rerunGroup: CommandGroup = {
  name: 'rerun',
  help,
  verbs: {
    examples: Object.keys(exampleOptions).filter((name) => name !== 'json'),
    report: Object.keys(thresholdOptions).filter((name) => name !== 'json'),
  },
  read(args) {
    const [verb, ...rest] = args;
    if (verb === 'examples') return readExamples(rest);
    if (verb === 'report') return readReport(rest);
    throw wrong('rerun needs one of examples, report.');
  },
};

function readExamples(args: readonly string[]) {
  const { values, positionals } = readOptions(args, exampleOptions);
  const [tenant] = positionals;
  const { model, out, against, of } = values as Readonly<Record<string, string | undefined>>;
  if (tenant === undefined || positionals.length > 1) throw wrong('rerun examples takes TENANT.');
  if (model === undefined) throw wrong('rerun examples needs --model MODEL.');
  if (out === undefined) throw wrong('rerun examples needs --out FILE.');
  const order: Omit<RerunOrder, 'file'> = {
    tenant,
    model,
    against: against ?? recorded,
    of,
    limit: integerOf(values, 'limit', 1_000, 1_000_000),
    concurrency: integerOf(values, 'concurrency', 4, 256),
    maxTokens: integerOf(values, 'max-tokens', 256, 131_072),
    keepAnswers: values['keep-answers'] === true,
  };
  const thresholds = thresholdsOf(values);
  return async ({ settings, startProgress }: CommandContext): Promise<Outcome> => {
    const file = path.resolve(settings.workingFolder, out);
    const rerun = await runRerun(settings, { ...order, file }, startProgress, never);
    return outcomeOf(settings.workingFolder, rerun, thresholds, values);
  };
}

function readReport(args: readonly string[]) {
  const { values, positionals } = readOptions(args, thresholdOptions);
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) throw wrong('rerun report takes FILE.');
  const thresholds = thresholdsOf(values);
  return async ({ settings }: CommandContext): Promise<Outcome> => {
    const file = path.resolve(settings.workingFolder, name);
    const found = await readResultFile(file);
    if (found === undefined)
      throw new MillraceError('config_invalid', `There is no ${file}.`, { param: 'file' });
    const rerun = { head: found.head, results: [...found.results.values()], withdrawn: 0 };
    return outcomeOf(settings.workingFolder, rerun, thresholds, values);
  };
}

async function outcomeOf(
  folder: string,
  { head, results, withdrawn }: Rerun,
  thresholds: Thresholds,
  values: Values,
): Promise<Outcome> {
  const report = reportOf(head, results, withdrawn, thresholds);
  const file = values['report'];
  if (typeof file === 'string')
    await writeFile(path.resolve(folder, file), `${JSON.stringify(report, undefined, 2)}\n`);
  // Without an example nothing is shown to be as it was.
  const isGood = report.breaches.length === 0 && report.examples > 0;
  const text =
    report.examples > 0 ? formatReport(report) : `There are no consented requests of ${head.tenant}.\n`;
  return { text, json: report, isGood };
}

function thresholdsOf(values: Values): Thresholds {
  return {
    maxChanged: shareOf(values, 'max-changed'),
    minSimilarity: shareOf(values, 'min-similarity'),
    maxFailed: shareOf(values, 'max-failed'),
    maxSlower: shareOf(values, 'max-slower'),
    maxDearer: shareOf(values, 'max-dearer'),
  };
}

/** `5%` or `0.05`. */
function shareOf(values: Values, name: string): number | undefined {
  const text = values[name];
  if (typeof text !== 'string') return undefined;
  const [, digits, sign] = /^(\d{1,6}(?:\.\d{1,6})?)\s?(%?)$/u.exec(text) ?? [];
  if (digits === undefined)
    throw wrong(`--${name} is ${JSON.stringify(text)}: it must be a share, such as 5% or 0.05.`);
  return sign === '%' ? Number(digits) / 100 : Number(digits);
}

function integerOf(values: Values, name: string, byDefault: number, most: number): number {
  const text = values[name];
  if (typeof text !== 'string') return byDefault;
  const number = /^\d{1,9}$/u.test(text) ? Number(text) : 0;
  if (number < 1 || number > most)
    throw wrong(`--${name} is ${JSON.stringify(text)}: it must be a whole number from 1 to ${most}.`);
  return number;
}
