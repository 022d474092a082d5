import { exportChain, readSigners, verifyExport, type ExportVerification } from '@millrace/audit-log';
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
