import path from 'node:path';
import { dataDictionary, eventsReference } from '@millrace/contracts';
import { writeNew } from '../audit/files.ts';
import type { Outcome } from '../outcome.ts';
import type { SchemasCliSettings } from './config.ts';

/** The data dictionary: as Markdown, as JSON, or written to a file. */
export async function schemasDocs(
  { to }: { readonly to: string | undefined },
  settings: SchemasCliSettings,
): Promise<Outcome> {
  const events = dataDictionary();
  if (to === undefined) return { text: eventsReference(), json: { events }, isGood: true };
  const file = path.resolve(settings.workingFolder, to);
  await writeNew(file, [eventsReference()]);
  const fields = events.reduce((sum, event) => sum + event.fields.length, 0);
  return {
    text: `${file}: ${fields} fields of ${events.length} events.\n`,
    json: { file, events: events.length, fields },
    isGood: true,
  };
}
