import { expect, it } from 'vitest';
import { readBatchLine } from './read-batch-line.ts';

const endpoint = '/v1/generate';
const read = (line: string | object) => {
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  return readBatchLine({ number: 7, text, problem: undefined }, endpoint, 1024);
};
const line = { custom_id: 'a', method: 'POST', url: endpoint, body: { prompt: 'x' } };

it('takes what is asked, whatever the fields of the body are called', () => {
  expect(read(line)).toEqual({ request: { customId: 'a', body: { prompt: 'x' } } });
  const text = JSON.stringify(line).replace('"prompt"', '"__proto__"');
  const taken = read(text);
  expect('request' in taken && Object.keys(taken.request.body as object)).toEqual(['__proto__']);
});

it.each([
  ['another endpoint', { ...line, url: '/v1/embeddings' }, 'mismatched_endpoint'],
  ['an address elsewhere', { ...line, url: 'https://example.com/v1/generate' }, 'mismatched_endpoint'],
  ['another method', { ...line, method: 'DELETE' }, 'invalid_method'],
  ['a field more', { ...line, tenant: 'other' }, 'invalid_request'],
  ['an id that is no text', { ...line, custom_id: { toString: 'x' } }, 'missing_required_parameter'],
  ['a body that is a list', { ...line, body: [] }, 'invalid_request'],
  [
    'a body without end',
    `{"custom_id":"a","method":"POST","url":"${endpoint}","body":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`,
    'invalid_json_line',
  ],
])('refuses %s, by the number of the line', (_what, wrong, code) => {
  expect(read(wrong)).toMatchObject({ error: { code, line: 7 } });
});
