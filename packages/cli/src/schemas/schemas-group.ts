import path from 'node:path';
import { readSettings } from '@millrace/runtime';
import type { CommandContext, CommandGroup } from '../command-group.ts';
import type { Outcome } from '../outcome.ts';
import { readOptions, wrong } from '../read-options.ts';
import { checkSchemas } from './check.ts';
import { schemasCliSettings, type SchemasCliSettings } from './config.ts';
import { schemasDocs } from './docs.ts';
import { registerSchemas } from './register.ts';

const help = `The schemas of the events, as contracts.

  schemas check                 whether each version reads what every other has written, and each field has a privacy class
  schemas register              registers all versions in a schema registry; what is there already stays
  schemas docs                  the data dictionary: each field with type, unit, privacy class and meaning

  --registry URL     a registry with the API of Confluent (MILLRACE_SCHEMA_REGISTRY_URL, _USER, _PASSWORD); check: also against what it has
  --folder FOLDER    check: other schemas than the published ones, such as those of a change that is being made
  --schema NAME      register: this event alone; several times for several
  --topic TOPIC      register: under TOPIC-value, with one --schema; otherwise under the name of the record, millrace.BillingCharged
  --mirrors          register: the events of the topics that Millrace writes to Kafka, under their subjects
  --dry-run          register: says what is missing and what the registry would refuse
  --to FILE          docs: where to write; a file that is there is not written over
  --json             one JSON object
  -h, --help         this text

  npm run millrace -- schemas check
  npm run millrace -- schemas check --registry http://localhost:8081
  npm run millrace -- schemas register --registry http://localhost:8081 --dry-run
  npm run millrace -- schemas register --registry http://localhost:8081 --schema billing.charged --schema request.closed
  npm run millrace -- schemas register --registry http://localhost:8081 --schema intake.requested --topic support-requests
  npm run millrace -- schemas register --registry http://localhost:8081 --mirrors
  npm run millrace -- schemas docs --json

What breaks: docs/reference/schemas.md. Exit codes: 0 done, all holds; 1 an error, or something breaks; 2 the command line is wrong.
`;

const json = { json: { type: 'boolean' } } as const;
const registry = { registry: { type: 'string' } } as const;

export const schemasGroup: CommandGroup = {
  name: 'schemas',
  help,
  verbs: {
    check: ['registry', 'folder'],
    register: ['registry', 'schema', 'topic', 'mirrors', 'dry-run'],
    docs: ['to'],
  },
  read(args) {
    const [verb, ...rest] = args;
    switch (verb) {
      case 'check': {
        const { folder, registry: url } = none(rest, { ...json, ...registry, folder: { type: 'string' } });
        return (context) =>
          withSettings(context, (settings) =>
            checkSchemas({ registry: url, folder: folder && path.resolve(settings.workingFolder, folder) }, settings),
          );
      }
      case 'register': {
        const values = none(rest, {
          ...json,
          ...registry,
          schema: { type: 'string', multiple: true },
          topic: { type: 'string' },
          mirrors: { type: 'boolean' },
          'dry-run': { type: 'boolean' },
        });
        const { registry: url, schema: schemas = [], topic, mirrors: ofMirrors = false } = values;
        const isDryRun = values['dry-run'] ?? false;
        return (context) =>
          withSettings(context, (settings) =>
            registerSchemas({ registry: url, schemas, topic, ofMirrors, isDryRun }, settings),
          );
      }
      case 'docs': {
        const { to } = none(rest, { ...json, to: { type: 'string' } });
        return (context) => withSettings(context, (settings) => schemasDocs({ to }, settings));
      }
      case undefined:
      default:
        throw wrong('schemas needs one of check, register, docs.');
    }
  },
};

interface Values {
  readonly registry?: string;
  readonly folder?: string;
  readonly schema?: readonly string[];
  readonly topic?: string;
  readonly mirrors?: boolean;
  readonly to?: string;
  readonly 'dry-run'?: boolean;
}

function none(args: readonly string[], options: Parameters<typeof readOptions>[1]): Values {
  const { values, positionals } = readOptions(args, options);
  if (positionals.length > 0) throw wrong(`schemas takes no argument such as ${positionals[0]}.`);
  return values;
}

function withSettings(
  { environment }: CommandContext,
  run: (settings: SchemasCliSettings) => Promise<Outcome>,
): Promise<Outcome> {
  return run(readSettings(schemasCliSettings, environment));
}
