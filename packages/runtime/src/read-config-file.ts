import { readFile } from 'node:fs/promises';
import { MillraceError } from './millrace-error.ts';
import type { Validator } from './validator.ts';

/**
 * What a JSON file holds that a setting names.
 *
 * @param param the setting, for the errors
 * @throws `config_invalid` when it cannot be read as JSON, or does not fit: it names the place in the file then
 */
export async function readConfigFile<Value>(
  path: string,
  param: string,
  validate: Validator<Value> = (value) => value as Value,
): Promise<Value> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const message = `${param} is ${path}, which cannot be read as JSON.`;
    throw new MillraceError('config_invalid', message, { param, cause });
  }
  try {
    return validate(value);
  } catch (cause) {
    const message = `${path}: ${MillraceError.from(cause).message}`;
    throw new MillraceError('config_invalid', message, { param, cause });
  }
}
