import { expect, test } from 'vitest';
import { Millrace } from './millrace.ts';

const apiKey = 'mr_key';

test.each(['127.0.0.1:8787', 'localhost:8787', 'ws://127.0.0.1:8787', ''])(
  'an address at which nothing could be reached is refused at once: %j',
  (url) => {
    expect(() => new Millrace({ url, apiKey })).toThrow(
      `url is ${JSON.stringify(url)}: it must begin with one of http://, https://, /`,
    );
  },
);

test('the WebSocket may be elsewhere, under an address of its own kind', () => {
  const url = 'https://llm.example.com/';
  expect(() => new Millrace({ url, apiKey, webSocketUrl: 'wss://edge.example.com' })).not.toThrow();
  expect(() => new Millrace({ url, apiKey, webSocketUrl: 'edge.example.com' })).toThrow('webSocketUrl is');
});
