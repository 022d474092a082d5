import { exportChain, readSigners, verifyExport, type ExportVerification } from '@millrace/audit-log';
import { subjects } from '@millrace/contracts';
import type { Cluster } from '@millrace/embedded';

/** What somebody finds who verifies the export of a chain with the published keys. */
export async function verifySigned(
  platform: Cluster['platform'],
  tenant: string,
): Promise<ExportVerification> {
  const lines: string[] = [];
  for await (const line of exportChain(platform, tenant)) lines.push(line);
  const trust = { codec: platform.codec, keys: await readSigners(platform) };
  return verifyExport(async function* () {
    yield* lines;
  }, trust);
}

/** Records of requests that ended: those of what was found in answers, which some have, are left out. */
export async function countRequestsOnRecord(
  { bus, codec }: Pick<Cluster['platform'], 'bus' | 'codec'>,
  tenant: string,
): Promise<number> {
  let count = 0;
  for await (const { payload } of bus.read('AUDIT', subjects.recorded(tenant)))
    if (codec.decode('audit.recorded', payload).kind === 'request.closed') count += 1;
  return count;
}
