import { expect, it } from 'vitest';
import { readWebhookUrl } from './webhook-url.ts';

it.each([
  'ftp://example.com',
  'http://example.com/hook',
  'https://user:secret@example.com',
  'https://127.0.0.1/hook',
  'https://2130706433/hook',
  'https://0x7f.1/hook',
  'https://[::1]/hook',
  'https://[::ffff:10.0.0.1]/hook',
  'https://localhost/hook',
  'hook',
])('refuses %s', (url) => {
  expect(() => readWebhookUrl(url, 'webhook.url', false)).toThrow(/^webhook\.url /);
});

it('takes public names over TLS, and anything that a setting allows', () => {
  expect(readWebhookUrl('https://example.com/hook', 'webhook.url', false).host).toBe('example.com');
  expect(readWebhookUrl('http://127.0.0.1:80/hook', 'webhook.url', true).pathname).toBe('/hook');
});
