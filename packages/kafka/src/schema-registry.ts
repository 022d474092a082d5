import CircuitBreaker from 'opossum';
import type { AvroSchema } from '@millrace/contracts';
import { MillraceError, type HealthCheck, type Stoppable } from '@millrace/runtime';
import type { RegistrySettings } from './kafka-settings.ts';
import { requestRegistry, type RegistryRequest } from './registry-request.ts';

/** A Confluent-compatible schema registry, with what it has said kept in memory: an id never means another schema. */
export interface SchemaRegistry extends Stoppable {
  /**
   * @throws `schema_unknown` when the registry has no Avro schema of that id; `unavailable` when it is away, slow or refuses this client:
   *   at once while it has failed too often lately
   */
  schemaOf(id: number, signal: AbortSignal): Promise<AvroSchema>;
  /**
   * The id of a schema under a subject, which is registered there where it is missing and the settings allow it.
   *
   * @throws `schema_unknown` when it is not there, or the registry finds it incompatible; `unavailable` as above
   */
  idOf(subject: string, schema: AvroSchema, signal: AbortSignal): Promise<number>;
  readonly check: HealthCheck;
}

/** By default an unknown id is asked for again after so long: it may have been registered since. */
const usualAbsentMs = 10_000;
const mostKept = 10_000;
const breakerOptions = {
  timeout: false,
  volumeThreshold: 5,
  errorThresholdPercentage: 50,
  resetTimeout: 2_000,
  errorFilter: (error: unknown): boolean => error instanceof MillraceError && !error.retryable,
} as const;

/**
 * @param absentMs for how long an id that the registry does not have is not asked for again
 * @throws `config_invalid` without a URL, or with one that is none
 */
export function openSchemaRegistry(
  settings: RegistrySettings,
  onState: (state: 'open' | 'closed') => void = () => undefined,
  absentMs = usualAbsentMs,
): SchemaRegistry {
  const request = requestRegistry(settings);
  const breaker = new CircuitBreaker(request, { ...breakerOptions, name: 'schema registry' });
  breaker.on('open', () => onState('open'));
  breaker.on('close', () => onState('closed'));
  const ask = async (call: RegistryRequest): Promise<Readonly<Record<string, unknown>>> => {
    try {
      return await breaker.fire(call);
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause;
      throw new MillraceError('unavailable', 'The schema registry has failed too often lately.', { cause });
    }
  };
  const schemas = new Map<string, Promise<AvroSchema>>();
  const ids = new Map<string, Promise<number>>();

  return {
    schemaOf: (id, signal) =>
      kept(schemas, String(id), absentMs, signal, async () =>
        readSchema(id, await ask({ path: `/schemas/ids/${id}` })),
      ),
    idOf: (subject, schema, signal) =>
      kept(ids, `${subject} ${JSON.stringify(schema)}`, absentMs, signal, async () => {
        const path = `/subjects/${encodeURIComponent(subject)}`;
        const { id } = await ask({
          path: settings.registryRegisters ? `${path}/versions` : path,
          body: { schemaType: 'AVRO', schema: JSON.stringify(schema) },
        });
        if (typeof id !== 'number')
          throw new MillraceError('unavailable', 'The schema registry has answered without an id.');
        return id;
      }),
    check: {
      name: 'schema registry',
      check: () => (breaker.opened ? 'it has failed too often lately' : undefined),
    },
    async stop() {
      breaker.shutdown();
    },
  };
}

/** One question at a time for each key. What was answered is kept; that there is none, for a while; a failure not at all. */
async function kept<Value>(
  cache: Map<string, Promise<Value>>,
  key: string,
  absentMs: number,
  signal: AbortSignal,
  ask: () => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  const found = cache.get(key);
  if (found !== undefined) return found;
  const asked = ask();
  cache.set(key, asked);
  const oldest = cache.keys().next().value;
  if (cache.size > mostKept && oldest !== undefined) cache.delete(oldest);
  asked.catch((error: unknown) => {
    const isAbsent = error instanceof MillraceError && !error.retryable;
    if (isAbsent) setTimeout(() => forget(cache, key, asked), absentMs).unref();
    else forget(cache, key, asked);
  });
  return asked;
}

function forget<Value>(cache: Map<string, Promise<Value>>, key: string, asked: Promise<Value>): void {
  if (cache.get(key) === asked) cache.delete(key);
}

function readSchema(id: number, answer: Readonly<Record<string, unknown>>): AvroSchema {
  const { schema, schemaType = 'AVRO', references = [] } = answer;
  if (schemaType !== 'AVRO' || typeof schema !== 'string')
    throw new MillraceError('schema_unknown', `The schema ${id} of the registry is not an Avro schema.`);
  if (Array.isArray(references) && references.length > 0)
    throw new MillraceError(
      'schema_unknown',
      `The schema ${id} of the registry refers to other schemas, which is not supported.`,
    );
  try {
    return JSON.parse(schema) as AvroSchema;
  } catch (cause) {
    throw new MillraceError('schema_unknown', `The schema ${id} of the registry is not JSON.`, { cause });
  }
}
