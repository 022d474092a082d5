/*
 * Exports and kills itself at a step: node interrupted-export.fixture.ts URL FOLDER FORMAT STEP
 *
 * Steps are counted over what an export does to the disk, each before and after it is done. Without that many it ends by itself.
 */
import { connectNats } from '@millrace/bus';
import { createCodec } from '@millrace/contracts';
import { createLogger } from '@millrace/runtime';
import { durableFiles, type DurableFiles } from './durable-files.ts';
import { exportLake } from './export-lake.ts';
import type { LakeFormat } from './part-writer.ts';

const [url = '', folder = '', format = 'parquet', lastStep = '0'] = process.argv.slice(2);
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
    count();
  };
const files: DurableFiles = {
  makeFolder: counted(durableFiles.makeFolder),
  sync: counted(durableFiles.sync),
  rename: counted(durableFiles.rename),
  remove: counted(durableFiles.remove),
};

const bus = await connectNats({
  url,
  name: 'export',
  logger: createLogger({ service: 'export', level: 'silent' }),
});
await exportLake(
  { bus, codec: createCodec(), files },
  {
    folder,
    format: format as LakeFormat,
    tenant: undefined,
    rowsPerFile: 3,
    skipUnreadable: false,
    datasets: ['requests', 'billing'],
    signal: new AbortController().signal,
  },
);
await bus.stop();
