import { readFile } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';

/** The version of what the converter writes; a converted model of another version is made again. */
export async function readConverterVersion(): Promise<number> {
  const text = await readFile(new URL('converter-version.json', import.meta.url), 'utf8');
  const value: unknown = JSON.parse(text);
  if (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    typeof value.version === 'number'
  ) {
    return value.version;
  }
  throw new MillraceError('internal_error', 'converter-version.json has no version.');
}
