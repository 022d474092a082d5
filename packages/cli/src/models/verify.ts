import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkModelFolder, hashFile, readModelManifest, type FileCheck } from '@millrace/inference';
import { MillraceError } from '@millrace/runtime';
import { formatColumns } from '../columns.ts';
import type { Outcome } from '../outcome.ts';
import type { StartProgress } from '../progress.ts';
import { sourceOf, tagOf, type ModelReference, type ModelStore } from './model-store.ts';
import { formatQuality, reportQuality } from './quality-report.ts';

export interface VerifyCommand {
  readonly model: string;
  /** Whether to measure what the conversion has lost. */
  readonly quality: boolean;
  /** The GGUF file that it was converted from. */
  readonly source?: string;
}

/** Hashes the files of a model again: of one of the catalogue its weights too. */
export async function verify(
  store: ModelStore,
  command: VerifyCommand,
  startProgress: StartProgress,
): Promise<Outcome> {
  const reference = store.find(command.model);
  const folder = reference.kind === 'path' ? reference.path : await store.convertedFolder(reference.entry);
  const checks = await checkFiles(store, reference, folder);
  const files = checks.map((check) => ({ ...check, status: statusOf(check) }));
  const isGood = files.every(({ status }) => status === 'ok');
  const quality =
    command.quality && isGood
      ? await reportQuality(store, await findSource(store, command, folder), folder, startProgress)
      : undefined;
  const text =
    formatColumns(files.map((file) => [file.status, file.file, ...explain(file)])) +
    (quality === undefined ? '' : formatQuality(quality));
  return { text, json: { files, isGood, quality }, isGood };
}

type Status = 'ok' | 'differs' | 'missing' | 'no hash';

async function checkFiles(
  store: ModelStore,
  reference: ModelReference,
  folder: string,
): Promise<readonly FileCheck[]> {
  const converted = async (): Promise<readonly FileCheck[]> =>
    (await checkModelFolder(folder)).map((check) => ({ ...check, file: path.join(folder, check.file) }));
  if (reference.kind === 'path') return await converted();
  const { entry } = reference;
  const file = store.weightsPath(entry);
  const isConverted = existsSync(folder);
  if (!existsSync(file) && !isConverted) sourceOf(store, reference);
  const weights: FileCheck = {
    file,
    expectedSha256: entry.sha256,
    actualSha256: existsSync(file) ? await hashFile(file) : undefined,
  };
  return isConverted ? [weights, ...(await converted())] : [weights];
}

function statusOf({ expectedSha256, actualSha256 }: FileCheck): Status {
  if (actualSha256 === undefined) return 'missing';
  if (expectedSha256 === undefined) return 'no hash';
  return actualSha256 === expectedSha256 ? 'ok' : 'differs';
}

function explain({ status, expectedSha256, actualSha256 }: FileCheck & { status: Status }): string[] {
  switch (status) {
    case 'ok':
      return [`sha256 ${actualSha256}`];
    case 'differs':
      return [`sha256 ${actualSha256} instead of ${expectedSha256}`];
    case 'missing':
      return ['is not there'];
    case 'no hash':
      return ['was converted before hashes were kept: remove the folder and convert it again'];
  }
}

/** The file that a converted model was made from: as given, else the one of the catalogue that has its hash. */
async function findSource(store: ModelStore, command: VerifyCommand, folder: string): Promise<string> {
  if (command.source !== undefined) return store.resolve(command.source);
  const { sourceSha256 } = await readModelManifest(folder);
  const entry = store.catalogue.find(({ sha256 }) => sha256 === sourceSha256);
  if (entry !== undefined) return sourceOf(store, { kind: 'model', entry });
  throw new MillraceError(
    'part_missing',
    `The source of ${folder} is not a model of the catalogue (${store.catalogue.map(tagOf).join(', ')}): give it as --source FILE.`,
  );
}
