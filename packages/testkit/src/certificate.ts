import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generate } from 'selfsigned';
import type { Stoppable } from '@millrace/runtime';

/** A certificate for 127.0.0.1 and localhost that vouches for itself. */
export interface TestCertificate extends Stoppable {
  readonly certFile: string;
  readonly keyFile: string;
  /** In PEM. */
  readonly cert: string;
  /** Puts another one in its files. @returns the new certificate, in PEM */
  renew(): Promise<string>;
}

export async function createTestCertificate(): Promise<TestCertificate> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-tls-'));
  const certFile = path.join(folder, 'tls.crt');
  const keyFile = path.join(folder, 'tls.key');
  const renew = async (): Promise<string> => {
    const made = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });
    await writeFile(keyFile, made.private, { mode: 0o600 });
    await writeFile(certFile, made.cert);
    return made.cert;
  };
  return {
    certFile,
    keyFile,
    cert: await renew(),
    renew,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
