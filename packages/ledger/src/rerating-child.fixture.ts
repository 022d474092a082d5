import { createLogger, systemClock } from '@millrace/runtime';
import { openDatabase } from '@millrace/store';
import { adjustmentDependencies } from './ledger.fixture.ts';
import { applyRerating } from './rerate.ts';

/** Applies a re-rating as a process of its own, so that it can be killed. Its parent is told after each page. */
const [url = '', run = '', model = '', from = '', to = ''] = process.argv.slice(2);
const logger = createLogger({ service: 'rerating', level: 'silent' });
const database = await openDatabase({ url, logger });
await applyRerating(
  adjustmentDependencies(database, systemClock),
  { run, model, from: Number(from), to: Number(to), reason: 'a wrong price', actor: 'mr_admin' },
  { pageSize: 10, onPage: (written) => void process.send?.({ written }) },
);
await database.stop();
process.disconnect();
