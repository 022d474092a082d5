import { connectNats } from '@millrace/bus';
import { createCodec } from '@millrace/contracts';
import { createLogger, defineSettings, readSettings } from '@millrace/runtime';
import { loadMasterKeys, rotateMasterKey } from '@millrace/sealing';
import { createBucketKeyStore, platformSettings } from '@millrace/stage';
import { formatColumns } from '../columns.ts';
import type { Outcome } from '../outcome.ts';
import type { StartProgress } from '../progress.ts';

const rotationSettings = defineSettings({
  natsUrl: platformSettings.natsUrl,
  masterKey: platformSettings.masterKey,
  masterKeyFile: platformSettings.masterKeyFile,
});

/**
 * Wraps all data keys by the first master key.
 *
 * @throws `config_invalid`, `unavailable`; `decryption_failed` when a key is under a master key that was not given
 */
export async function rotate(
  environment: Readonly<Record<string, string | undefined>>,
  startProgress: StartProgress,
): Promise<Outcome> {
  const settings = readSettings(rotationSettings, environment);
  const masterKeys = await loadMasterKeys({ ...settings, createIfMissing: false });
  const logger = createLogger({ service: 'millrace', level: 'silent' });
  const bus = await connectNats({ url: settings.natsUrl, name: 'millrace', logger });
  try {
    const keyStore = createBucketKeyStore({ bus, codec: createCodec() });
    const never = new AbortController().signal;
    const { owners, rewrapped } = await rotateMasterKey(
      { keyStore, masterKeys },
      never,
      startProgress('wrapping'),
    );
    const rows = [
      ['tenants and users', String(owners)],
      ['were under another key', String(rewrapped)],
    ];
    return { text: formatColumns(rows), json: { owners, rewrapped }, isGood: true };
  } finally {
    await bus.stop();
  }
}
