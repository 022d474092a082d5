import type { FastifyInstance } from 'fastify';
import { readFile } from 'node:fs/promises';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import { MillraceError, type Logger } from '@millrace/runtime';

/** Where certificate and key are, in PEM. */
export interface TlsSettings {
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

const minVersion = 'TLSv1.2';
const renewalMs = 30_000;

/**
 * What a server with TLS is made of; undefined where it is to have none.
 *
 * @throws `config_invalid` naming the variable whose file is missing, cannot be read or does not fit the other
 */
export async function readTls(settings: TlsSettings): Promise<(Pair & SecureContextOptions) | undefined> {
  const pair = await readPair(settings);
  if (pair === undefined) return undefined;
  try {
    if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key)))
      throw new Error('the key is that of another certificate');
    createSecureContext({ ...pair, minVersion });
  } catch {
    // Without the cause: a message may quote the file.
    throw invalid(
      'MILLRACE_TLS_CERT_FILE and MILLRACE_TLS_KEY_FILE are no certificate and its key, in PEM',
      'MILLRACE_TLS_CERT_FILE',
    );
  }
  return { ...pair, minVersion };
}

/**
 * Looks at the files from time to time and takes a new certificate without a restart; connections that are there keep theirs. A pair
 * that cannot be used is reported, and the one before stays.
 */
export function renewTls(
  app: FastifyInstance,
  settings: TlsSettings,
  used: Pair,
  logger: Logger,
  intervalMs: number = renewalMs,
): void {
  let last: Pair = used;
  const look = async (): Promise<void> => {
    const pair = await readTls(settings);
    if (pair === undefined || (pair.cert === last.cert && pair.key === last.key)) return;
    (app.server as unknown as Server).setSecureContext(pair);
    last = pair;
    logger.info('a new TLS certificate is used from now on');
  };
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => {
      logger.error({ error }, 'the TLS certificate could not be read again: the one before stays');
    });
  }, intervalMs);
  timer.unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await looking;
  });
}

async function readPair({ tlsCertFile, tlsKeyFile }: TlsSettings): Promise<Pair | undefined> {
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined;
  const [cert, key] = await Promise.all([
    readPem(tlsCertFile, 'MILLRACE_TLS_CERT_FILE', 'MILLRACE_TLS_KEY_FILE'),
    readPem(tlsKeyFile, 'MILLRACE_TLS_KEY_FILE', 'MILLRACE_TLS_CERT_FILE'),
  ]);
  return { cert, key };
}

async function readPem(file: string | undefined, variable: string, other: string): Promise<string> {
  if (file === undefined) throw invalid(`${other} is set, and ${variable} is not: TLS needs both`, variable);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw invalid(`${variable} is ${file}, which cannot be read (${reasonOf(cause)})`, variable);
  }
}

/** The code alone: a message may quote the file. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
}

function invalid(message: string, param: string): MillraceError {
  return new MillraceError('config_invalid', message, { param });
}
