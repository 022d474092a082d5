import { formatPublicKey, readSigners } from '@millrace/audit-log';
import type { Outcome } from '../outcome.ts';
import type { ServerSettings } from '../server-settings.ts';
import { connected } from './connect.ts';

/** The public keys that were published, one a line, each with its id. */
export async function publicKeyAudit(settings: ServerSettings): Promise<Outcome> {
  const keys = await connected(settings, (connection) => readSigners(connection));
  const published = [...keys.values()].map((key) => ({
    key_id: key.keyId,
    public_key: formatPublicKey(key),
  }));
  return {
    text: published.map(({ key_id, public_key }) => `${public_key} ${key_id}\n`).join(''),
    json: { keys: published },
    isGood: published.length > 0,
  };
}
