import { eventsReference } from './events-reference.ts';
import { generateFile } from './generate-file.ts';

/** Writes `docs/reference/events.md`; with `--check`, says whether it is fresh. */
generateFile(new URL('../../../docs/reference/events.md', import.meta.url), eventsReference());
