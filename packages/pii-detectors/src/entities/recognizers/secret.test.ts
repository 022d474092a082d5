import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { valuesIn } from '../found.fixture.ts';

/** Made here, so that no file holds what looks like a key. */
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const drawn = (length: number, alphabet = letters): string =>
  Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
const jwt = [{ alg: 'HS256' }, { sub: 'ada' }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat(drawn(43))
  .join('.');
const pem = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
  .trim();

describe('secrets', () => {
  it.each([
    ['AWS', `AKIA${drawn(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`],
    ['GitHub', `ghp_${drawn(36)}`],
    ['GitHub, fine-grained', `github_pat_${drawn(22)}_${drawn(59)}`],
    ['Google', `AIza${drawn(35)}`],
    ['Slack', `xoxb-${drawn(12, '0123456789')}-${drawn(24)}`],
    ['Stripe', `sk_live_${drawn(24)}`],
    ['OpenAI', `sk-proj-1abcd${drawn(40)}`],
    ['Discord', `MTk4${btoa('622483471925248').replaceAll('=', '')}.Cl2FMQ.${drawn(27)}`],
    ['Telegram', `110201543:AA${drawn(32)}`],
    ['a JSON Web Token', jwt],
    ['a private key', pem],
  ])('finds a key of %s by its form', (_name, key) => {
    expect(valuesIn(`Use ${key} for it.`, 'SECRET')).toEqual([key]);
    expect(valuesIn(JSON.stringify({ value: key }), 'SECRET')).toHaveLength(1);
  });

  it.each([
    (value: string) => `password: ${value}`,
    (value: string) => `The password is ${value}.`,
    (value: string) => `DB_PASSWORD=${value}`,
    (value: string) => `{"client_secret": "${value}"}`,
    (value: string) => `Authorization: Bearer ${value}`,
    (value: string) => `aws_secret_access_key = ${value}`,
    (value: string) => `Passwort: ${value}`,
  ])('finds what looks drawn behind a word such as password: %#', (sentence) => {
    const value = `aB3${drawn(20)}`;
    expect(valuesIn(sentence(value), 'SECRET')).toEqual([value]);
  });

  it('finds the password of a URL, and a private key whose end is cut off', () => {
    expect(valuesIn('postgres://ada:hunter2@db/x', 'SECRET', 'URL')).toHaveLength(1);
    const cut = pem.slice(0, 70);
    expect(valuesIn(cut, 'SECRET')).toEqual([cut]);
  });

  it('finds name and password of HTTP Basic', () => {
    const value = Buffer.from(`ada:${drawn(12)}`).toString('base64');
    expect(valuesIn(`Authorization: Basic ${value}`, 'SECRET')).toEqual([value]);
    expect(valuesIn('a basic understanding of basic internationalization', 'SECRET')).toEqual([]);
  });

  it.each([
    'password: required, at least eight characters',
    'password = os.environ["PASSWORD"]',
    'token: ${TOKEN}',
    'secret: <your-secret>',
    'function f(token: string): number {}',
    'reset your password tomorrow',
    'the secret is simple',
    'api_key="YOUR_API_KEY"',
    'password: ********',
    'git bisect says cf4342feb40b99d3ff1243859fcb0b705714ca67 is bad',
    'sk-learn and AKIA',
    'what an IBAN, a JWT and an API key are, with no concrete examples',
    'next_token.value and token.kind === 1',
    '-----BEGIN PUBLIC KEY-----',
  ])('leaves %j alone', (text) => {
    expect(valuesIn(text, 'SECRET')).toEqual([]);
  });
});
