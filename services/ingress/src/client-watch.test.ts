import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { AccessBarred } from '@millrace/contracts';
import { principalOf } from '@millrace/relay/testing';
import { createLogger } from '@millrace/runtime';
import { watchClient } from './client-watch.ts';

class FakeResponse extends EventEmitter {
  closed = false;
  writableFinished = false;

  close(finished: boolean): void {
    this.closed = true;
    this.writableFinished = finished;
    this.emit('close');
  }
}

const logger = createLogger({ service: 'test', level: 'silent' });

const principal = principalOf('acme', { key_id: 'key', user_id: 'ada' });

function fakeRelay() {
  const listeners = new Set<(keyId: string) => void>();
  const barListeners = new Set<(bar: AccessBarred) => void>();
  return {
    listeners,
    bar: (id: string): void => {
      for (const listener of barListeners) listener({ kind: 'USER', id, at: 0 });
    },
    onBarred: (listener: (bar: AccessBarred) => void) => {
      barListeners.add(listener);
      return {
        stop: async () => {
          barListeners.delete(listener);
        },
      };
    },
    revoke: (keyId: string): void => {
      for (const listener of listeners) listener(keyId);
    },
    onRevoked: (listener: (keyId: string) => void) => {
      listeners.add(listener);
      return {
        stop: async () => {
          listeners.delete(listener);
        },
      };
    },
  };
}

test('a client that closes before its answer is complete is gone', () => {
  const relay = fakeRelay();
  const response = new FakeResponse();
  const client = watchClient(response, { relay, principal, logger });
  expect(client.ended.aborted).toBe(false);
  response.close(false);
  expect([client.gone.aborted, client.ended.aborted]).toEqual([true, true]);
});

test('a client that closed while its credential was looked up is gone from the start', () => {
  const relay = fakeRelay();
  const response = new FakeResponse();
  response.close(false);
  const client = watchClient(response, { relay, principal, logger });
  expect(client.gone.aborted).toBe(true);
  expect(relay.listeners.size).toBe(0);
});

test('a response that ends well ends the watch, and nothing else', () => {
  const relay = fakeRelay();
  const response = new FakeResponse();
  const client = watchClient(response, { relay, principal, logger });
  response.close(true);
  expect(client.ended.aborted).toBe(false);
  expect(relay.listeners.size).toBe(0);
});

test('a revoked key ends what its client is sent, and no one else, with the connection still there to say so', () => {
  const relay = fakeRelay();
  const client = watchClient(new FakeResponse(), { relay, principal, logger });
  relay.revoke('other key');
  expect(client.ended.aborted).toBe(false);
  relay.revoke('key');
  expect(client.ended.reason).toMatchObject({ code: 'invalid_api_key' });
  expect(client.gone.aborted).toBe(false);
});

test('a user who may not get in any more is sent nothing more', () => {
  const relay = fakeRelay();
  const client = watchClient(new FakeResponse(), { relay, principal, logger });
  relay.bar('bob');
  expect(client.ended.aborted).toBe(false);
  relay.bar('ada');
  expect(client.ended.reason).toMatchObject({ code: 'permission_denied', message: 'The user is disabled.' });
});
