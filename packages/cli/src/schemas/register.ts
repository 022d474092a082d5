import { readSchemaFiles, type SchemaFile } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { formatColumns } from '../columns.ts';
import type { Outcome } from '../outcome.ts';
import type { SchemasCliSettings } from './config.ts';
import { recordName } from './registered-schemas.ts';
import { openRegistry, type SchemaRegistry } from './registry.ts';

export interface RegisterOptions {
  readonly registry: string | undefined;
  /** Names of events; none: all of them. */
  readonly schemas: readonly string[];
  /** A topic whose values are of one event: its subject is `<topic>-value`. */
  readonly topic: string | undefined;
  readonly isDryRun: boolean;
}

interface Registration {
  readonly subject: string;
  readonly schema: string;
  readonly version: number;
  /** `present`: it was there already. `refused`: only of a dry run, which tells of all. */
  readonly state: 'present' | 'registered' | 'missing' | 'refused';
  readonly detail: string;
}

/**
 * Registers each version of the schemas in their order, under the full name of the record (RecordNameStrategy), or the topic. What is
 * there already stays as it is, so that it can be run any number of times.
 *
 * @throws `config_invalid` where the registry refuses one, or an event is not known; `unavailable`
 */
export async function registerSchemas(
  { registry: url, schemas, topic, isDryRun }: RegisterOptions,
  settings: SchemasCliSettings,
): Promise<Outcome> {
  const registry = openRegistry(url, settings);
  const done: Registration[] = [];
  for (const file of chosen(schemas, topic)) {
    const subject = topic === undefined ? (recordName(file.schema) ?? file.name) : `${topic}-value`;
    done.push(await registerOne(registry, subject, file, isDryRun));
  }
  const counts = Object.entries(Object.groupBy(done, ({ state }) => state)).map(
    ([state, each]) => `${each.length} ${state}`,
  );
  return {
    text: `${formatColumns(done.map(({ subject, version, state, detail }) => [subject, `v${version}`, state, detail]))}${registry.url}: ${counts.join(', ')}.\n`,
    json: { registry: registry.url, dry_run: isDryRun, schemas: done },
    isGood: done.every(({ state }) => state !== 'refused'),
  };
}

async function registerOne(
  registry: SchemaRegistry,
  subject: string,
  file: SchemaFile,
  isDryRun: boolean,
): Promise<Registration> {
  const text = JSON.stringify(file.schema);
  const about = { subject, schema: file.name, version: file.version };
  const present = await registry.find(subject, text);
  if (present !== undefined) return { ...about, state: 'present', detail: `version ${present}` };
  if (!isDryRun) {
    const id = await registry.register(subject, text);
    return { ...about, state: 'registered', detail: `id ${id}` };
  }
  const objections = await registry.objections(subject, text);
  return objections.length === 0
    ? { ...about, state: 'missing', detail: '' }
    : { ...about, state: 'refused', detail: objections.join(' ') };
}

function chosen(schemas: readonly string[], topic: string | undefined): readonly SchemaFile[] {
  const files = readSchemaFiles();
  const known = new Set(files.map(({ name }) => name));
  const unknown = schemas.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new MillraceError(
      'config_invalid',
      `--schema is ${unknown}: it must be one of ${[...known].join(', ')}.`,
      { param: '--schema' },
    );
  if (topic !== undefined && schemas.length !== 1)
    throw new MillraceError('config_invalid', '--topic needs one --schema: that of the values of the topic.', {
      param: '--topic',
    });
  return schemas.length === 0 ? files : files.filter(({ name }) => schemas.includes(name));
}
