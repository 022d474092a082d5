import { expect, it } from 'vitest';
import { createNonces } from './nonces.ts';

it('hands no nonce out twice, and none changes after that', () => {
  const next = createNonces(12, 4);
  const nonces = Array.from({ length: 1_000 }, () => next());
  const before = nonces.map((nonce) => Buffer.from(nonce).toString('hex'));
  next();
  expect(new Set(before).size).toBe(nonces.length);
  expect(nonces.map((nonce) => Buffer.from(nonce).toString('hex'))).toEqual(before);
  expect(nonces.every(({ length }) => length === 12)).toBe(true);
});
