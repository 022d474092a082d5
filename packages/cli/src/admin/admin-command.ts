import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ParseArgsOptionsConfig } from 'node:util';
import { MillraceError } from '@millrace/runtime';
import { formatColumns } from '../columns.ts';
import type { CommandGroup } from '../command-group.ts';
import { groupSummaries, type GroupName } from '../group-names.ts';
import type { Outcome } from '../outcome.ts';
import { readOptions, wrong } from '../read-options.ts';
import { createAdminClient, type AdminAnswer, type AdminClient, type AdminRequest } from './admin-client.ts';

/** How the text of an option becomes a value of JSON; `file` names one that holds it. `none` is null where an option says so. */
export type OptionKind = 'text' | 'list' | 'integer' | 'flag' | 'switch' | 'json' | 'file';

export interface AdminOption {
  readonly kind: OptionKind;
  readonly summary: string;
  /** Whether `none` stands for null: no limit, no end. */
  readonly isNullable?: boolean;
}

/** A command that is one request to the administration. Options are its query or its body, under their own names. */
export interface AdminVerb {
  readonly summary: string;
  readonly method: AdminRequest['method'];
  /** Words in braces are the arguments of the command, in their order. */
  readonly path: string;
  /** Arguments that go into the body, behind those of the path. */
  readonly bodyArguments?: readonly string[];
  readonly options?: Readonly<Record<string, AdminOption>>;
  /** What the body says whatever the arguments are. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Whether it is based on a version: it is read first, and refused if someone else changes it in between. */
  readonly isVersioned?: boolean;
  /** Whether it answers a list; by default a GET of one word does. */
  readonly isList?: boolean;
  /** Whether it is carried out once under an Idempotency-Key; by default one of its own. */
  readonly isOnce?: boolean;
  /** The columns of a list, or the lines of one thing; by default all. */
  readonly columns?: readonly string[];
  /** Lists in what it answers that are shown as tables behind the rest, each with its columns. */
  readonly tables?: Readonly<Record<string, readonly string[]>>;
}

export interface AdminGroupOptions {
  readonly name: GroupName;
  readonly verbs: Readonly<Record<string, AdminVerb>>;
  /** Command lines behind `npm run millrace -- `. */
  readonly examples: readonly string[];
}

const listOptions = {
  limit: { kind: 'integer', summary: 'most of them; 100 by default' },
} as const satisfies Readonly<Record<string, AdminOption>>;
const onceOptions = {
  'idempotency-key': { kind: 'text', summary: 'the same command under the same key is carried out once' },
} as const satisfies Readonly<Record<string, AdminOption>>;
const defaultLimit = 100;
const longestPage = 100;

/** A group of commands of the administration. */
export function adminGroup({ name, verbs, examples }: AdminGroupOptions): CommandGroup {
  return {
    name,
    help: helpOf(name, verbs, examples),
    verbs: Object.fromEntries(
      Object.entries(verbs).map(([verb, each]) => [verb, Object.keys(optionsOf(each))]),
    ),
    read(args) {
      const [verb, ...rest] = args;
      const spec = verb === undefined ? undefined : verbs[verb];
      if (verb === undefined || spec === undefined)
        throw wrong(`${name} needs one of ${Object.keys(verbs).join(', ')}.`);
      const request = readRequest(`${name} ${verb}`, spec, rest);
      return async ({ settings }) => {
        const values = await withFiles(spec, request.values, settings.workingFolder);
        return run(await createAdminClient(settings), spec, { ...request, values });
      };
    },
  };
}

/** A command line as it was read. */
interface ReadRequest {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly limit: number;
  readonly idempotencyKey: string;
}

function readRequest(words: string, spec: AdminVerb, args: readonly string[]): ReadRequest {
  const options = optionsOf(spec);
  const { values, positionals } = readOptions(args, parseOptionsOf(options));
  const inPath = argumentsOf(spec.path);
  const names = [...inPath, ...(spec.bodyArguments ?? [])];
  if (positionals.length !== names.length) {
    const wanted = names.length === 0 ? 'no argument' : names.map((each) => each.toUpperCase()).join(' ');
    throw wrong(`${words} takes ${wanted}.`);
  }
  const given = Object.fromEntries(names.map((name, index) => [name, positionals[index] ?? '']));
  const path = spec.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(given[name] ?? ''),
  );
  const body: Record<string, unknown> = { ...spec.body };
  for (const name of spec.bodyArguments ?? []) body[name] = given[name];
  for (const [name, option] of Object.entries(options)) {
    const text = values[name];
    if (text !== undefined && !(name in listOptions) && !(name in onceOptions))
      body[name.replaceAll('-', '_')] = valueOf(name, option, text as string | boolean);
  }
  const limit =
    values['limit'] === undefined
      ? defaultLimit
      : valueOf('limit', listOptions.limit, String(values['limit']));
  const idempotencyKey = String(values['idempotency-key'] ?? randomUUID());
  return { path, values: body, limit: Number(limit), idempotencyKey };
}

function valueOf(name: string, { kind, isNullable }: AdminOption, text: string | boolean): unknown {
  if (typeof text === 'boolean') return text;
  if (isNullable === true && text === 'none') return null;
  switch (kind) {
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'integer':
      if (/^-?\d{1,16}$/.test(text)) return Number(text);
      throw wrong(
        `--${name} is ${JSON.stringify(text)}: it must be a whole number${isNullable === true ? ', or none' : ''}.`,
      );
    case 'switch':
      if (text === 'on' || text === 'off') return text === 'on';
      throw wrong(`--${name} is ${JSON.stringify(text)}: it must be on or off.`);
    case 'json':
      return readJson(name, text);
    case 'text':
    case 'flag':
    case 'file':
      return text;
  }
}

function readJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrong(`--${name} is ${JSON.stringify(text)}: it must be JSON.`, cause);
  }
}

/** The values, with what the files say that some of them name. @throws `config_invalid` for what cannot be read */
async function withFiles(
  spec: AdminVerb,
  values: ReadRequest['values'],
  folder: string,
): Promise<ReadRequest['values']> {
  const read = Object.entries(values).map(async ([name, value]) => {
    if (optionsOf(spec)[name.replaceAll('_', '-')]?.kind !== 'file') return [name, value] as const;
    const file = resolve(folder, String(value));
    try {
      return [name, JSON.parse(await readFile(file, 'utf8')) as unknown] as const;
    } catch (cause) {
      const why = cause instanceof SyntaxError ? 'is no JSON' : 'cannot be read';
      throw new MillraceError('config_invalid', `${file} ${why}: ${(cause as Error).message}`, {
        param: name,
        cause,
      });
    }
  });
  return Object.fromEntries(await Promise.all(read));
}

async function run(
  client: AdminClient,
  spec: AdminVerb,
  { path, values, limit, idempotencyKey }: ReadRequest,
): Promise<Outcome> {
  const { method, columns, tables } = spec;
  if (isList(spec)) return listOutcome(await readAll(client, path, textsOf(values), limit), columns);
  if (method === 'GET' || method === 'DELETE')
    return oneOutcome(await client({ method, path, query: textsOf(values) }), columns, tables);
  const { etag } = spec.isVersioned === true ? await client({ method: 'GET', path }) : { etag: undefined };
  const request = {
    method,
    path,
    ...(etag === undefined ? {} : { ifMatch: etag }),
    ...(spec.isOnce === true ? { idempotencyKey } : {}),
  };
  const hasBody = [spec.options, spec.bodyArguments, spec.body].some((part) => part !== undefined);
  return oneOutcome(await client(hasBody ? { ...request, body: values } : request), columns, tables);
}

/** The pages of a list as one, up to so many items. */
async function readAll(
  client: AdminClient,
  path: string,
  query: Readonly<Record<string, string>>,
  limit: number,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const all: Readonly<Record<string, unknown>>[] = [];
  let cursor: string | undefined;
  do {
    const page = { ...query, limit: String(Math.min(longestPage, limit - all.length)) };
    const { body } = await client({
      method: 'GET',
      path,
      query: cursor === undefined ? page : { ...page, cursor },
    });
    all.push(...(body['data'] as typeof all));
    cursor = (body['next_cursor'] as string | null) ?? undefined;
  } while (cursor !== undefined && all.length < limit);
  return all;
}

function listOutcome(
  items: readonly Readonly<Record<string, unknown>>[],
  columns: readonly string[] | undefined,
): Outcome {
  const names = columns ?? Object.keys(items[0] ?? {});
  const rows = items.map((item) => names.map((name) => cellOf(item[name])));
  const text = items.length === 0 ? 'There are none.\n' : formatColumns([names, ...rows]);
  return { text, json: { data: items }, isGood: true };
}

function oneOutcome(
  { body }: AdminAnswer,
  columns: readonly string[] | undefined,
  tables: NonNullable<AdminVerb['tables']> = {},
): Outcome {
  const names = columns ?? Object.keys(body).filter((name) => tables[name] === undefined);
  const lines = names.flatMap((name) => linesOf(name, body[name]));
  const shown = Object.entries(tables).map(([name, ofTable]) => tableOf(name, body[name], ofTable));
  return { text: [formatColumns(lines), ...shown].join(''), json: body, isGood: true };
}

function tableOf(name: string, value: unknown, columns: readonly string[]): string {
  const rows = (value ?? []) as readonly Readonly<Record<string, unknown>>[];
  if (rows.length === 0) return `\n${name}: none\n`;
  const cells = rows.map((row) => columns.map((column) => cellOf(row[column])));
  return `\n${name}:\n${formatColumns([columns, ...cells])}`;
}

function linesOf(name: string, value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[name, cellOf(value)]];
  return Object.entries(value).map(([inner, each]) => [`${name}.${inner}`, cellOf(each)]);
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (Array.isArray(value)) return value.join(',') || '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function textsOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

const isList = ({ method, path, isList: says }: AdminVerb): boolean =>
  says ?? (method === 'GET' && /^\/[\w-]+$/.test(path));

function optionsOf(spec: AdminVerb): Readonly<Record<string, AdminOption>> {
  if (isList(spec)) return { ...spec.options, ...listOptions };
  return spec.isOnce === true ? { ...spec.options, ...onceOptions } : (spec.options ?? {});
}

function parseOptionsOf(options: Readonly<Record<string, AdminOption>>): ParseArgsOptionsConfig {
  const own = Object.entries(options).map(
    ([name, { kind }]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' }] as const,
  );
  return { ...Object.fromEntries(own), json: { type: 'boolean' } };
}

function argumentsOf(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
}

function helpOf(
  name: GroupName,
  verbs: Readonly<Record<string, AdminVerb>>,
  examples: readonly string[],
): string {
  const rows = Object.entries(verbs).flatMap(([verb, spec]) => {
    const names = [...argumentsOf(spec.path), ...(spec.bodyArguments ?? [])];
    const usage = [name, verb, ...names.map((each) => each.toUpperCase())].join(' ');
    const options = Object.entries(optionsOf(spec)).map(([option, { kind, summary: what }]) => [
      `    --${option}${kind === 'flag' ? '' : ` ${placeholders[kind]}`}`,
      what,
    ]);
    return [[`  ${usage}`, spec.summary], ...options];
  });
  return `${name}: ${groupSummaries[name]}

npm run millrace -- COMMAND

${formatColumns(rows)}
  --json       one JSON object instead of text; errors too, on the standard error

MILLRACE_ADMIN_URL and MILLRACE_API_KEY say which administration is asked, and as whom; by default that of npm start on this machine.

Examples:
${examples.map((example) => `  npm run millrace -- ${example}\n`).join('')}`;
}

const placeholders: Readonly<Record<OptionKind, string>> = {
  text: 'TEXT',
  list: 'A,B,…',
  integer: 'NUMBER',
  flag: '',
  switch: 'on|off',
  json: 'JSON',
  file: 'FILE',
};
