import type { NatsBusOptions } from '@millrace/bus';
import { MillraceError } from '@millrace/runtime';
import type { PlatformSettings } from './platform-settings.ts';
import { readFileSync } from 'node:fs';

type AccessSettings = Pick<
  PlatformSettings,
  'natsUser' | 'natsPassword' | 'natsCredentialsFile' | 'natsCaFile' | 'natsCertFile' | 'natsKeyFile'
>;

/**
 * Who a process is to NATS, and how the connection is encrypted.
 *
 * @throws `config_invalid` where a half is missing, two ways are given, or a file cannot be read
 */
export function natsAccess(settings: AccessSettings): Pick<NatsBusOptions, 'credentials' | 'tls'> {
  const { natsCaFile: caFile, natsCertFile: certFile, natsKeyFile: keyFile } = settings;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw invalid('NATS_CERT_FILE and NATS_KEY_FILE go together: one of them is not set', 'NATS_CERT_FILE');
  const isEncrypted = caFile !== undefined || certFile !== undefined;
  return {
    ...credentialsOf(settings),
    ...(isEncrypted ? { tls: { caFile, certFile, keyFile } } : {}),
  };
}

function credentialsOf({
  natsUser: user,
  natsPassword,
  natsCredentialsFile: file,
}: AccessSettings): Pick<NatsBusOptions, 'credentials'> {
  if ((user === undefined) !== (natsPassword === undefined))
    throw invalid('NATS_USER and NATS_PASSWORD go together: one of them is not set', 'NATS_USER');
  if (user !== undefined && file !== undefined)
    throw invalid('NATS_USER and NATS_CREDS_FILE are two ways to say the same: set one', 'NATS_CREDS_FILE');
  if (user !== undefined && natsPassword !== undefined)
    return { credentials: { user, password: natsPassword.reveal() } };
  if (file === undefined) return {};
  try {
    return { credentials: { credentialsFile: readFileSync(file, 'utf8') } };
  } catch (cause) {
    throw invalid(`NATS_CREDS_FILE is ${file}, which cannot be read`, 'NATS_CREDS_FILE', cause);
  }
}

function invalid(message: string, param: string, cause?: unknown): MillraceError {
  return new MillraceError('config_invalid', message, { param, cause });
}
