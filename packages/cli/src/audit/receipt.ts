import path from 'node:path';
import { findRecord, makeReceipt } from '@millrace/audit-log';
import { MillraceError } from '@millrace/runtime';
import type { Outcome } from '../outcome.ts';
import type { ServerSettings } from '../server-settings.ts';
import { connected } from './connect.ts';
import { writeNew } from './files.ts';

/** The receipt of a request or an act, to a file or as it is. */
export async function receiptAudit(
  { id, tenant, to }: { readonly id: string; readonly tenant?: string; readonly to?: string },
  settings: ServerSettings,
): Promise<Outcome> {
  return connected(settings, async (connection) => {
    const found = await findRecord(connection, id, tenant === undefined ? {} : { tenant });
    if (found === undefined) throw new MillraceError('request_not_found', `${id} is not on record.`);
    const receipt = await makeReceipt(connection, found);
    if (receipt === undefined) {
      const message = `${id} is record ${found.record.sequence} of ${found.record.tenant}, and no checkpoint covers it yet: ask again after the next one.`;
      throw new MillraceError('unavailable', message);
    }
    const text = `${JSON.stringify(receipt)}\n`;
    if (to === undefined) return { text, json: receipt, isGood: true };
    const file = path.resolve(settings.workingFolder, to);
    await writeNew(file, [text]);
    return { text: `${file}: the receipt of ${id}\n`, json: { file }, isGood: true };
  });
}
