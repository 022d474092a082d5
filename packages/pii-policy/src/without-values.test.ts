import { expect, it } from 'vitest';
import { pathWithoutValues, withoutValues } from './without-values.ts';

it.each([
  ['model is "ann@corp.example": it is not there', 'model is "<EMAIL_ADDRESS>": it is not there'],
  ['n is "4111 1111 1111 1111": 1 to 8 are allowed.', 'n is "<CREDIT_CARD>": 1 to 8 are allowed.'],
  ['There is no model "4664544887429419".', 'There is no model "<CREDIT_CARD>".'],
])('repeats no personal data: %s', (text, expected) => {
  expect(withoutValues(text)).toBe(expected);
});

it.each([
  'max_tokens is 40000: 1 to 4096 are allowed.',
  'The content has 5000000 bytes: it may have 1048576',
  'webhook.url is "ftp://example.com/hook": https is allowed.',
  'valid_until is 2026-01-31: a time after now is allowed.',
  'There is no job job_01985f3e6a5b7c3d8e9f0a1b2c3d4e5f.',
  'The model smollm2-135m-instruct has no operation "embed".',
])('leaves an error what it says: %s', (text) => {
  expect(withoutValues(text)).toBe(text);
});

it.each([
  ['/v1/jobs', '/v1/jobs'],
  ['/v1/jobs/ann%40corp.example', '/v1/jobs/<EMAIL_ADDRESS>'],
  ['/v1/4664544887429419/00%3A1B%3A44%3A10%3A23%3A0A', '/v1/<CREDIT_CARD>/<MAC_ADDRESS>'],
  ['/v1/%zz/a%20b', '/v1/%zz/a%20b'],
])('repeats no personal data of the path %s', (path, expected) => {
  expect(pathWithoutValues(path)).toBe(expected);
});
