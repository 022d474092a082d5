import { stat } from 'node:fs/promises';
import {
  checkCompatibility,
  compatibilityExceptions,
  privacyProblems,
  readPrivacyClasses,
  readSchemaFiles,
  type CompatibilityReport,
  type VersionBreach,
} from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { Outcome } from '../outcome.ts';
import type { SchemasCliSettings } from './config.ts';
import { checkRegistry, type RegistryReport } from './registered-schemas.ts';
import { openRegistry } from './registry.ts';

/**
 * Compares each version of each schema with all earlier ones, and where asked with what a registry has.
 *
 * @param folder of the schemas; by default the published ones
 */
export async function checkSchemas(
  { registry, folder }: { readonly registry: string | undefined; readonly folder: string | undefined },
  settings: SchemasCliSettings,
): Promise<Outcome> {
  if (folder !== undefined) await requireFolder(folder);
  const files = readSchemaFiles(folder);
  const report = checkCompatibility(files, compatibilityExceptions(folder));
  const privacy = privacyProblems(files, readPrivacyClasses(folder));
  const registered =
    registry === undefined ? undefined : await checkRegistry(openRegistry(registry, settings), files);
  const isGood =
    report.breaches.length === 0 &&
    report.needless.length === 0 &&
    report.invalid.length === 0 &&
    privacy.length === 0 &&
    (registered?.breaches.length ?? 0) === 0;
  return {
    text: [...linesOf(report), ...privacy, ...(registered === undefined ? [] : registryLines(registered))]
      .map((line) => `${line}\n`)
      .join(''),
    json: { ...report, privacy, ...(registered === undefined ? {} : { registry: registered }) },
    isGood,
  };
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => {
    throw new MillraceError('invalid_value', `--folder is ${folder}: it cannot be read.`, { cause: error });
  });
  if (!found.isDirectory())
    throw new MillraceError('invalid_value', `--folder is ${folder}: it must be a folder.`);
}

function linesOf(report: CompatibilityReport): readonly string[] {
  const { schemas, versions, pairs, breaches, excepted, needless, invalid } = report;
  return [
    `${schemas} schemas, ${versions} versions: ${pairs} pairs compared, forward and backward.`,
    ...invalid.map(({ schema, version, detail }) => `INVALID ${schema} v${version}: ${detail}`),
    ...breaches.map((breach) => `BREAKS ${sentence(breach)}`),
    ...excepted.map((breach) => `stands ${sentence(breach)}`),
    ...[...new Set(excepted.map(({ reason }) => reason))].map((reason) => `       ${reason}`),
    ...needless.map(
      ({ schema, path, rule }) => `NEEDLESS exception for ${schema} ${path} (${rule}): nothing breaks there.`,
    ),
  ];
}

function sentence({ schema, path, reader, writer, rule, detail }: VersionBreach): string {
  return `${schema}${path === '' ? '' : ` ${path}`}: v${reader} cannot read what v${writer} writes (${rule}). ${detail}`;
}

function registryLines({ url, subjects, versions, foreign, breaches }: RegistryReport): readonly string[] {
  return [
    `${url}: ${versions} versions of ${subjects} subjects.`,
    ...foreign.map(({ subject, registered }) => `foreign ${subject} version ${registered}: it is in no file.`),
    ...breaches.map(({ schema, subject, registered, version, reader, path, rule, detail }) => {
      const [reads, writes] = [`version ${registered} of ${subject}`, `v${version}`];
      const [by, what] = reader === 'registry' ? [reads, writes] : [writes, reads];
      return `BREAKS ${schema}${path === '' ? '' : ` ${path}`}: ${by} cannot read what ${what} writes (${rule}). ${detail}`;
    }),
  ];
}
