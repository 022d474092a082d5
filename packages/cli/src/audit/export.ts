import path from 'node:path';
import { exportChain, type ExportHead } from '@millrace/audit-log';
import { subjects } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { Outcome } from '../outcome.ts';
import type { ServerSettings } from '../server-settings.ts';
import { connected } from './connect.ts';
import { writeNew } from './files.ts';

/** Writes the chain of a tenant, as far as it is signed, to a file. */
export async function exportAudit(
  { tenant, to }: { readonly tenant: string; readonly to: string },
  settings: ServerSettings,
): Promise<Outcome> {
  const file = path.resolve(settings.workingFolder, to);
  return connected(settings, async (connection) => {
    if ((await connection.bus.lastMessage('AUDIT', subjects.recorded(tenant))) === undefined) {
      throw new MillraceError('request_not_found', `${tenant} has no audit chain.`, { param: '--tenant' });
    }
    const lines = exportChain(connection, tenant);
    const first = await lines.next();
    const head = JSON.parse(first.value ?? '') as ExportHead;
    await writeNew(file, chained(first.value ?? '', lines));
    const rest =
      head.unsigned === 0
        ? ''
        : ` ${head.unsigned} more ${head.unsigned === 1 ? 'is' : 'are'} not signed yet: export again after the next checkpoint.`;
    return {
      text: `${file}: ${count(head.records)} of ${tenant}, signed.${rest}\n`,
      json: { file, tenant, records: head.records, unsigned: head.unsigned },
      isGood: true,
    };
  });
}

async function* chained(first: string, rest: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  yield first;
  yield* rest;
}

function count(records: number): string {
  return `${records} ${records === 1 ? 'record' : 'records'}`;
}
