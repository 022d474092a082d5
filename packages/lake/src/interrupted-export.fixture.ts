/*
 * Exports and kills itself at a step: node interrupted-export.fixture.ts URL FOLDER FORMAT STEP
 *
 * It is killed in front of a step of what an export does to the disk: so behind the step before. Without that many it ends by itself.
 */
import { connectNats } from '@millrace/bus';
import { createCodec } from '@millrace/contracts';
import { createLogger } from '@millrace/runtime';
import { durableFiles, type DurableFiles } from './durable-files.ts';
import { exportLake } from './export-lake.ts';
import type { LakeFormat } from './part-writer.ts';

const [url = '', lake = '', format = 'parquet', lastStep = '0'] = process.argv.slice(2);
let step = 0;
const count = (): void => {
  step += 1;
  if (step === Number(lastStep)) process.kill(process.pid, 'SIGKILL');
};
const counted =
  <Args extends readonly string[]>(operation: (...args: Args) => Promise<void>) =>
  async (...args: Args): Promise<void> => {
    count();
    await operation(...args);
  };
const files: DurableFiles = {
  makeFolder: counted((folder: string) => durableFiles.makeFolder(folder)),
  sync: counted((place: string) => durableFiles.sync(place)),
  rename: counted((from: string, to: string) => durableFiles.rename(from, to)),
  remove: counted((place: string) => durableFiles.remove(place)),
};

const bus = await connectNats({
  url,
  name: 'export',
  logger: createLogger({ service: 'export', level: 'silent' }),
});
await exportLake(
  { bus, codec: createCodec(), files },
  {
    folder: lake,
    format: format as LakeFormat,
    tenant: undefined,
    rowsPerFile: 3,
    skipUnreadable: false,
    datasets: ['requests', 'billing'],
    signal: new AbortController().signal,
  },
);
await bus.stop();
