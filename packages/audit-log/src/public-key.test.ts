import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { formatPublicKey, parsePublicKeys } from './public-key.ts';

const pem = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString();
const [key] = [...parsePublicKeys(pem).values()];
const line = formatPublicKey(key ?? { bytes: new Uint8Array() });

it('reads what it has written, and PEM', () => {
  expect([...parsePublicKeys(line).keys()]).toEqual([key?.keyId]);
});

it('leaves comments aside, and what npm writes in front of the output of a command', () => {
  const file = `\n> millrace@0.1.0 millrace\n> node scripts/millrace.mjs audit public-key\n\n# of November\n${line} name\n`;
  expect([...parsePublicKeys(file).keys()]).toEqual([key?.keyId]);
});

it('refuses what is no key, and a file without one', () => {
  expect(() => parsePublicKeys(`${line}\nnone`)).toThrow('A public key is written');
  expect(() => parsePublicKeys('> nothing\n')).toThrow('There is no public key');
});
