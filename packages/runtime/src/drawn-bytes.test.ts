import { expect, it } from 'vitest';
import { createDrawnBytes } from './drawn-bytes.ts';

it('hands no nonce out twice, and none changes after that', () => {
  const draw = createDrawnBytes(50);
  const next = () => draw(12);
  const nonces = Array.from({ length: 1_000 }, () => next());
  const before = nonces.map((nonce) => Buffer.from(nonce).toString('hex'));
  next();
  expect(new Set(before).size).toBe(nonces.length);
  expect(nonces.map((nonce) => Buffer.from(nonce).toString('hex'))).toEqual(before);
  expect(nonces.every(({ length }) => length === 12)).toBe(true);
});
