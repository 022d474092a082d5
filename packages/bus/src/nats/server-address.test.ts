import { describe, expect, it } from 'vitest';
import { parseServerAddress } from './server-address.ts';

describe('parseServerAddress', () => {
  it('reads one or several servers, with the usual port', () => {
    expect(parseServerAddress('nats://a, nats://b:5222')).toEqual({
      shown: 'nats://a:4222,nats://b:5222',
      options: { servers: ['a:4222', 'b:5222'] },
    });
    expect(parseServerAddress('localhost').options.servers).toEqual(['localhost:4222']);
  });

  it('takes the credentials out of the address', () => {
    expect(parseServerAddress('nats://me:p%40ss@a')).toEqual({
      shown: 'nats://a:4222',
      options: { servers: ['a:4222'], user: 'me', pass: 'p@ss' },
    });
    expect(parseServerAddress('tls://token@a').options).toEqual({
      servers: ['a:4222'],
      token: 'token',
      tls: {},
    });
  });

  it('refuses what is not an address, without repeating it', () => {
    for (const text of ['', 'http://me:word@a', 'nats://'])
      expect(() => parseServerAddress(text)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    expect(() => parseServerAddress('http://me:word@a')).toThrow(/^(?!.*word)/);
  });
});
