import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A query that comes with Millrace, and can be selected from. */
export interface ShippedView {
  readonly name: string;
  /** One or two sentences: the comment at its beginning. */
  readonly meaning: string;
  readonly sql: string;
}

const folder = fileURLToPath(new URL('../views/', import.meta.url));

/** The files of the folder `views`. */
export function shippedViews(): readonly ShippedView[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => {
      const sql = readFileSync(path.join(folder, file), 'utf8');
      return { name: path.basename(file, '.sql'), meaning: /^-- (.+)$/mu.exec(sql)?.[1] ?? '', sql };
    });
}
