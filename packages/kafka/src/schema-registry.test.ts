import { SchemaRegistry as PeerRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCodec, readSchemaFiles, type AvroSchema } from '@millrace/contracts';
import type { MillraceError } from '@millrace/runtime';
import { kafkaIsHere, startTcpProxy, startTestRegistry, type TestRegistry } from '@millrace/testkit';
import type { RegistrySettings } from './kafka-settings.ts';
import { openSchemaRegistry } from './schema-registry.ts';
import { bodyOfSingleObject, readWireFormat, writeWireFormat } from './wire-format.ts';

const { signal } = new AbortController();
const key: AvroSchema = readSchemaFiles().find(({ name }) => name === 'key.revoked')?.schema ?? 'null';

function settingsOf(registryUrl: string | undefined): RegistrySettings {
  return {
    registryUrl,
    registryUser: undefined,
    registryPassword: undefined,
    registryTimeoutMs: 500,
    registryRegisters: true,
  };
}

it('a URL that is none is refused', () => {
  expect(() => openSchemaRegistry(settingsOf('registry:8081'))).toThrow(
    /MILLRACE_SCHEMA_REGISTRY_URL is "registry:8081": it must be an http or https URL/u,
  );
});

describe.skipIf(!kafkaIsHere)('a schema registry', () => {
  let server: TestRegistry;

  beforeAll(async () => {
    server = await startTestRegistry();
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('gives the id of a schema, and the schema of an id, and asks once for each', async () => {
    const proxy = await startTcpProxy(server.url);
    const registry = openSchemaRegistry({ ...settingsOf(proxy.url), registryTimeoutMs: 10_000 });
    const id = await registry.idOf('one-value', key, signal);
    expect(await registry.schemaOf(id, signal)).toEqual(key);
    proxy.cut();
    expect(await registry.idOf('one-value', key, signal)).toBe(id);
    expect(await registry.schemaOf(id, signal)).toEqual(key);
    expect(registry.check.check(signal)).toBeUndefined();
    await registry.stop();
    await proxy.stop();
  });

  it('an id that it does not have is unknown, and so is a schema that may not be registered', async () => {
    const registry = openSchemaRegistry({
      ...settingsOf(server.url),
      registryTimeoutMs: 10_000,
      registryRegisters: false,
    });
    const unknown = expect.objectContaining({ code: 'schema_unknown', retryable: false }) as Error;
    await expect(registry.schemaOf(4_000_000, signal)).rejects.toEqual(unknown);
    await expect(registry.idOf('nobody-value', key, signal)).rejects.toEqual(unknown);
    await registry.stop();
  });

  it('one that is slow or down is unavailable within its limit, at once after a few times, and comes back', async () => {
    const states: string[] = [];
    const registry = openSchemaRegistry(settingsOf(server.url), (state) => states.push(state));
    const away = expect.objectContaining({ code: 'unavailable', retryable: true }) as Error;
    server.pause();
    let id = 100;
    const next = (): Promise<unknown> => registry.schemaOf((id += 1), signal);
    try {
      // What it has begun before the signal reached it may still be answered.
      await expect.poll(() => next().catch((error: MillraceError) => error.code)).toBe('unavailable');
      for (let count = 0; count < 8; count += 1) await expect(next()).rejects.toEqual(away);
      expect(states).toEqual(['open']);
      expect(registry.check.check(signal)).toBe('it has failed too often lately');
    } finally {
      server.resume();
    }
    await expect
      .poll(() => registry.idOf('two-value', key, signal).catch(() => undefined))
      .toBeGreaterThan(0);
    await registry.stop();
  });

  it('reads what another client wrote, and writes what it reads', async () => {
    const peer = new PeerRegistry({ host: server.url });
    const { id } = await peer.register(
      { type: SchemaType.AVRO, schema: JSON.stringify(key) },
      { subject: 'peer-value' },
    );
    const event = { key_id: 'k1', at: 1_700_000_000_000 };
    const codec = createCodec();
    const registry = openSchemaRegistry({ ...settingsOf(server.url), registryTimeoutMs: 10_000 });

    const { schemaId, body } = readWireFormat(await peer.encode(id, event));
    const translate = codec.translator('key.revoked', await registry.schemaOf(schemaId, signal));
    const message = translate(body);
    expect(codec.decode('key.revoked', message)).toEqual(event);
    expect(message).toEqual(Buffer.from(codec.encode('key.revoked', event)));

    const written = writeWireFormat({ schemaId: id, body: bodyOfSingleObject(message) });
    expect(await peer.decode(written)).toMatchObject(event);
    await registry.stop();
  });
});

it.each([
  ['nothing', Buffer.alloc(0), /has 0 bytes/u],
  ['JSON', Buffer.from('{"a":1}'), /begins with 123/u],
])('%s is not the wire format', (_what, bytes, message) => {
  expect(() => readWireFormat(bytes)).toThrow(message);
});
