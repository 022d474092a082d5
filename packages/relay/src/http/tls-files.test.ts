import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { connect, type PeerCertificate } from 'node:tls';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { createLogger, listen, systemClock } from '@millrace/runtime';
import { createTestCertificate, type TestCertificate } from '@millrace/testkit';
import { testGatewaySettings } from '../testing.ts';
import { createDrain } from './drain.ts';
import { createGatewayApp } from './gateway-app.ts';
import { readTls, renewTls } from './tls-files.ts';

let certificate: TestCertificate;
const log: string[] = [];
const logger = createLogger({
  service: 'test',
  level: 'info',
  destination: { write: (line) => log.push(line) },
});
const filesOf = ({ certFile, keyFile }: TestCertificate) => ({ tlsCertFile: certFile, tlsKeyFile: keyFile });

beforeEach(async () => {
  certificate = await createTestCertificate();
  log.length = 0;
});

afterEach(() => certificate.stop());

describe('a front door with a certificate', () => {
  let app: FastifyInstance;
  let port: number;

  beforeEach(async () => {
    const settings = { ...testGatewaySettings, ...filesOf(certificate) };
    app = await createGatewayApp(settings, createDrain(systemClock, 0), logger);
    app.get('/', async () => ({ ok: true }));
  });

  const serve = async (): Promise<void> => {
    port = await listen(app, { port: 0, host: '127.0.0.1' });
  };

  afterEach(() => app.close());

  const certificateShown = async (): Promise<PeerCertificate> => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const shown = socket.getPeerCertificate();
    socket.destroy();
    return shown;
  };

  it('serves over TLS 1.2 and newer, and nothing in the clear', async () => {
    await serve();
    const answered = request({ port, host: '127.0.0.1', ca: certificate.cert }).end();
    const [response] = (await once(answered, 'response')) as [{ statusCode: number; resume(): void }];
    expect(response.statusCode).toBe(200);
    response.resume();

    const old = connect({
      port,
      host: '127.0.0.1',
      ca: certificate.cert,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow(/protocol|version|alert/iu);

    const plain = connectPlain(port, '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    let received = '';
    for await (const bytes of plain) received += String(bytes);
    expect(received).not.toContain('200 OK');
  });

  it('takes a new certificate without a restart, and keeps the one that it has where the new one is none', async () => {
    renewTls(app, filesOf(certificate), { cert: certificate.cert, key: '' }, logger, 5);
    await serve();
    const before = (await certificateShown()).fingerprint256;
    await certificate.renew();
    await expect.poll(async () => (await certificateShown()).fingerprint256).not.toBe(before);
    const renewed = (await certificateShown()).fingerprint256;
    await writeFile(certificate.certFile, 'no certificate');
    await expect.poll(() => log.join('')).toContain('the one before stays');
    expect((await certificateShown()).fingerprint256).toBe(renewed);
  });
});

it('is not asked for without files', async () => {
  expect(await readTls({ tlsCertFile: undefined, tlsKeyFile: undefined })).toBeUndefined();
});

it('says which variable is at fault, and shows nothing of the files', async () => {
  const { tlsCertFile, tlsKeyFile } = filesOf(certificate);
  const other = await createTestCertificate();
  const faults = [
    [{ tlsCertFile, tlsKeyFile: undefined }, 'MILLRACE_TLS_KEY_FILE', /MILLRACE_TLS_KEY_FILE is not/u],
    [{ tlsCertFile: undefined, tlsKeyFile }, 'MILLRACE_TLS_CERT_FILE', /MILLRACE_TLS_CERT_FILE is not/u],
    [{ tlsCertFile, tlsKeyFile: '/nowhere/tls.key' }, 'MILLRACE_TLS_KEY_FILE', /ENOENT/u],
    [{ tlsCertFile, tlsKeyFile: other.keyFile }, 'MILLRACE_TLS_CERT_FILE', /certificate and its key/u],
    [{ tlsCertFile: tlsKeyFile, tlsKeyFile }, 'MILLRACE_TLS_CERT_FILE', /certificate and its key/u],
  ] as const;
  for (const [settings, param, message] of faults) {
    const error = await readTls(settings).then(
      () => undefined,
      (cause: Error) => cause,
    );
    expect(error).toMatchObject({
      code: 'config_invalid',
      param,
      message: expect.stringMatching(message) as string,
    });
    expect(error?.message).not.toContain('PRIVATE KEY');
  }
  await other.stop();
});
