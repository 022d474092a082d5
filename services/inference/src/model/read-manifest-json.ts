import { readFile } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';

/** What `model.json` of a converted model says. @throws `part_missing` if it is not there, `model_invalid` if it is no JSON */
export async function readManifestJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new MillraceError('part_missing', `There is no converted model: ${file} cannot be read.`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MillraceError('model_invalid', `${file} is not JSON.`, { cause: error });
  }
}
