import { readSchemaFiles, registrySubject, topics, type SchemaFile } from '@millrace/contracts';
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
  /** The events of the topics that Millrace writes, under the subjects that it writes them by. */
  readonly ofMirrors: boolean;
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
  { isDryRun, ...options }: RegisterOptions,
  settings: SchemasCliSettings,
): Promise<Outcome> {
  const registry = openRegistry(options.registry, settings);
  const done: Registration[] = [];
  for (const { subject, file } of chosen(options))
    done.push(await registerOne(registry, subject, file, isDryRun));
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

interface Chosen {
  readonly subject: string;
  readonly file: SchemaFile;
}

function chosen({ schemas, topic, ofMirrors }: Omit<RegisterOptions, 'isDryRun'>): readonly Chosen[] {
  const files = readSchemaFiles();
  const known = new Set(files.map(({ name }) => name));
  const unknown = schemas.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw invalid(`--schema is ${unknown}: it must be one of ${[...known].join(', ')}.`, '--schema');
  if (topic !== undefined && schemas.length !== 1)
    throw invalid('--topic needs one --schema: that of the values of the topic.', '--topic');
  if (ofMirrors && schemas.length > 0)
    throw invalid('--mirrors has schemas of its own: leave --schema out.', '--mirrors');
  const of = (names: readonly string[], subjectOf: (record: string) => string): readonly Chosen[] =>
    files
      .filter(({ name }) => names.includes(name))
      .map((file) => ({ subject: subjectOf(recordName(file.schema) ?? file.name), file }));
  if (ofMirrors)
    return Object.values(topics).flatMap((each) =>
      of(each.events, (record) => registrySubject(each, record)),
    );
  return of(schemas.length === 0 ? [...known] : schemas, (record) =>
    topic === undefined ? record : `${topic}-value`,
  );
}

function invalid(message: string, param: string): MillraceError {
  return new MillraceError('config_invalid', message, { param });
}
