import { readFile } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';

/** @throws MillraceError `part_missing` if the file cannot be read, `model_invalid` if it is no object of JSON */
export async function readJsonObject(file: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new MillraceError(
      'part_missing',
      `A file of the model of names cannot be read (${reason}): ${file}`,
      {
        cause: error,
      },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MillraceError('model_invalid', `${file} is not JSON.`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MillraceError('model_invalid', `${file} is no object of JSON.`);
  return value as Readonly<Record<string, unknown>>;
}
