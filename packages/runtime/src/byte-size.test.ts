import { expect, it } from 'vitest';
import { formatBytes, parseBytes } from './byte-size.ts';

it.each([
  ['0', 0],
  ['1000', 1000],
  ['64KiB', 65_536],
  ['1.5MiB', 1_572_864],
  ['4 GiB', 4_294_967_296],
  ['4gb', 4e9],
  ['-1', undefined],
  ['4 TB', undefined],
  ['', undefined],
])('reads %j', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

it.each([
  [0, '0B'],
  [1024, '1KiB'],
  [536_870_912, '512MiB'],
  [6_308_000_000, '5.9GiB'],
])('writes %d as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
