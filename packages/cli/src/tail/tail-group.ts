import { readSettings, systemClock } from '@millrace/runtime';
import type { CommandContext, CommandGroup } from '../command-group.ts';
import type { Outcome } from '../outcome.ts';
import { readOptions, wrong } from '../read-options.ts';
import { tailSettings } from './config.ts';
import { readSince } from './since.ts';
import { filterNames, sources, type FilterName, type SourceName } from './sources.ts';
import { tailStream } from './tail-streams.ts';
import { tailTopic } from './tail-topic.ts';
import type { Filters } from './tailed-lines.ts';

const shownByDefault = 20;

const help = `What was asked, charged, recorded and refused, as it is or as it comes.

  tail requests           how requests ended: outcome, tokens, times
  tail billing            the ledger: charges, adjustments, credits, budgets that were reached
  tail audit              the audit chains: requests and administrative acts
  tail admissions         what was admitted or refused, and what is held in reserve for it
  tail dead-letters       what could not be processed, and why
  tail answers            answers to requests of queues (not with the user analyst: they are in the clear)
  tail --decode SUBJECT   any message on a subject that a stream keeps, with all its fields; wildcards * and >
  tail --topic TOPIC      any message of a topic of Kafka (MILLRACE_KAFKA_BROKERS), Avro by a registry or JSON

  --follow           goes on with what comes, until Ctrl-C
  --since WHEN       from then on: 15m, 2h, 7d; 2026-11-28T14:00:00Z; #1042 (a sequence of the stream). Otherwise the last ones
  --limit N          how many of the last rows, ${shownByDefault} by default; with --since how many from then on, by default all
  --tenant, --model, --outcome, --request, --key, --user VALUE     only these
  --registry URL     --topic: the schema registry (MILLRACE_SCHEMA_REGISTRY_URL)
  --json             a JSON object a line: stream, subject, sequence, stored_at, schema, version, value
  -h, --help         this text

Content that is encrypted is shown as {"sealed":true,"bytes":132}; nothing is decrypted.
It connects to NATS_URL as NATS_USER with NATS_PASSWORD, best as analyst, who may only read; by default to the running npm start.

  npm run millrace -- tail requests --follow
  npm run millrace -- tail billing --tenant acme --since 24h
  npm run --silent millrace -- tail requests --outcome failed --since 7d --json | jq -r .value.failure.code
  npm run millrace -- tail --decode 'mr.request.closed.acme.*' --limit 1
  npm run millrace -- tail --topic millrace.billing.v1 --registry http://localhost:8081 --follow

Exit codes: 0 done, or ended by Ctrl-C; 1 an error; 2 the command line is wrong.
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  json: flag,
  follow: flag,
  since: text,
  limit: text,
  decode: text,
  topic: text,
  registry: text,
  ...(Object.fromEntries(filterNames.map((name) => [name, text])) as Record<FilterName, typeof text>),
};
const optionNames = Object.keys(options).filter((name) => name !== 'json');

export const tailGroup: CommandGroup = {
  name: 'tail',
  help,
  verbs: Object.fromEntries(
    Object.keys(sources).map((name) => [
      name,
      optionNames.filter((option) => !['decode', 'topic', 'registry'].includes(option)),
    ]),
  ),
  read(args) {
    const { values, positionals } = readOptions(args, options);
    const given = values as Readonly<Record<string, string | boolean | undefined>>;
    const of = (name: string): string | undefined => given[name] as string | undefined;
    const [name, ...others] = positionals;
    if (others.length > 0) throw wrong(`tail takes one argument beside its options, not ${others[0]}.`);
    const [subject, topic] = [of('decode'), of('topic')];
    if ([name, subject, topic].filter((each) => each !== undefined).length !== 1)
      throw wrong(`tail needs one of ${Object.keys(sources).join(', ')}, --decode or --topic.`);
    const filters = Object.fromEntries(
      filterNames.flatMap((filter) => (given[filter] === undefined ? [] : [[filter, of(filter)]])),
    ) as Filters;
    if (name === undefined && Object.keys(filters).length > 0)
      throw wrong(
        `--${Object.keys(filters)[0]} chooses rows of tail requests and so on: it has no meaning here.`,
      );
    if (name !== undefined && !Object.hasOwn(sources, name))
      throw wrong(`There is no tail ${name}: it must be one of ${Object.keys(sources).join(', ')}.`);
    if (of('registry') !== undefined && topic === undefined) throw wrong('--registry goes with --topic.');
    const follow = given['follow'] === true;
    const since = of('since') === undefined ? undefined : readSince(of('since') ?? '', systemClock.now());
    const byDefault = since === undefined ? shownByDefault : undefined;
    const limit = of('limit') === undefined ? byDefault : readLimit(of('limit') ?? '');
    const common = { since, limit, follow };
    return async (context) => {
      const { isJson } = context;
      const settings = readSettings(tailSettings, {
        ...context.environment,
        ...(of('registry') === undefined ? {} : { MILLRACE_SCHEMA_REGISTRY_URL: of('registry') }),
      });
      return written(context, (output) => {
        if (topic !== undefined) return tailTopic({ topic, ...common, isJson }, settings, output);
        const what = subject === undefined ? { source: name as SourceName, filters } : ({ subject } as const);
        return tailStream({ what, ...common, isJson }, settings, output);
      });
    };
  },
};

/** Runs what writes as it goes. */
export async function written(
  context: CommandContext,
  run: (output: ReturnType<CommandContext['openOutput']>) => Promise<void>,
): Promise<Outcome> {
  const output = context.openOutput();
  try {
    await run(output);
  } finally {
    output.close();
  }
  return { text: '', json: {}, isGood: true, isWritten: true };
}

function readLimit(value: string): number {
  const limit = Number(value);
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= 1_000_000) return limit;
  throw wrong(`--limit is ${value}: it must be a whole number from 1 to 1000000.`);
}
