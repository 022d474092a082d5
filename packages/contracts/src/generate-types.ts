import { fileURLToPath } from 'node:url';
import { eventTypesText } from './event-types-text.ts';
import { readSchemaFiles } from './schema-files.ts';
import { writeGenerated } from './write-generated.ts';

const path = fileURLToPath(new URL('./generated/events.ts', import.meta.url));
process.exitCode = writeGenerated(path, eventTypesText(readSchemaFiles()), process.argv);
