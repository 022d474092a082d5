import type { ConnectionOptions } from 'nats';
import { MillraceError } from '@millrace/runtime';

export interface ServerAddress {
  readonly options: Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'tls'>;
  /** For errors and logs: without credentials. */
  readonly shown: string;
}

/**
 * Reads `nats://host:4222`, or several with commas between them; `tls://` asks for encryption. A name and password, or a token,
 * may stand before the host.
 * @throws MillraceError config_invalid
 */
export function parseServerAddress(text: string): ServerAddress {
  const urls = text.split(',').map((part) => parseUrl(part.trim()));
  const servers = urls.map((url) => `${url.hostname}:${url.port || '4222'}`);
  const named = urls.find((url) => url.username !== '');
  const shown = urls.map((url) => `${url.protocol}//${url.hostname}:${url.port || '4222'}`).join(',');
  return {
    shown,
    options: {
      servers,
      ...(named === undefined ? {} : credentialsOf(named)),
      ...(urls.some((url) => url.protocol === 'tls:') ? { tls: {} } : {}),
    },
  };
}

function credentialsOf(url: URL): Pick<ConnectionOptions, 'user' | 'pass' | 'token'> {
  const name = decodeURIComponent(url.username);
  return url.password === '' ? { token: name } : { user: name, pass: decodeURIComponent(url.password) };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `nats://${text}`);
  if (url === null || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '')
    throw new MillraceError(
      'config_invalid',
      'The address of the nats-server is not valid: it must look like nats://host:4222',
    );
  return url;
}
