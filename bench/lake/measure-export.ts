import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectNats, createPublishWindow } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions, subjects } from '@millrace/contracts';
import { exportLake, lakeFormats } from '@millrace/lake';
import { createLogger } from '@millrace/runtime';
import { closingOf } from '@millrace/stage/testing';
import { startTestNats } from '@millrace/testkit';

/** Stores so many closings and exports them, in each format. */
export async function measureExport(closings: number): Promise<Record<string, number | string>[]> {
  const nats = await startTestNats();
  const logger = createLogger({ service: 'bench', level: 'silent' });
  const bus = await connectNats({ url: nats.url, name: 'bench', logger });
  const codec = createCodec();
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-bench-export-'));
  try {
    await bus.provision(streamDefinitions(), bucketDefinitions);
    const window = createPublishWindow(bus, { maxUnacked: 256 });
    for (let index = 0; index < closings; index += 1) {
      const closing = closingOf('acme');
      const subject = subjects.closed(closing.tenant, closing.request_id);
      await window.publish({ subject, payload: codec.encode('request.closed', closing) });
    }
    await window.flush();
    const results: Record<string, number | string>[] = [];
    for (const format of lakeFormats) {
      const startedAt = performance.now();
      const [made] = await exportLake(
        { bus, codec },
        {
          folder: path.join(folder, format),
          format,
          tenant: undefined,
          rowsPerFile: 200_000,
          skipUnreadable: false,
          datasets: ['requests'],
          signal: new AbortController().signal,
        },
      );
      const seconds = (performance.now() - startedAt) / 1_000;
      results.push({ format, rows: made?.rows ?? 0, 'rows/s': Math.round((made?.rows ?? 0) / seconds) });
    }
    return results;
  } finally {
    await bus.stop();
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
