import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaFolder } from '../schema-files.ts';
import type { CompatibilityException } from './transitive.ts';

/** The breaches that stand, of `compatibility.json` beside the schemas. */
export function compatibilityExceptions(folder: string = schemaFolder): readonly CompatibilityException[] {
  return JSON.parse(
    readFileSync(join(folder, 'compatibility.json'), 'utf8'),
  ) as readonly CompatibilityException[];
}
