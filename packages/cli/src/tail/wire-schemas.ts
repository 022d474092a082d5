import {
  bodyReader,
  canonicalForm,
  readSchemaFiles,
  schemaNodes,
  type AvroSchema,
  type SchemaNode,
} from '@millrace/contracts';
import { openSchemaRegistry, type RegistrySettings } from '@millrace/kafka';
import type { Stoppable } from '@millrace/runtime';
import { recordName } from '../schemas/registered-schemas.ts';
import type { WireSchemas } from './message-decoder.ts';
import type { ShownMessage, ValueView } from './shown-value.ts';

interface Known {
  readonly name: string;
  readonly version: number | undefined;
  readonly read: (body: Uint8Array) => unknown;
  readonly node: SchemaNode;
}

/**
 * The schemas of a registry by their ids; each is asked for once.
 *
 * @throws `config_invalid` where the address is none
 */
export function openWireSchemas(
  settings: RegistrySettings,
  view: ValueView,
  signal: AbortSignal,
): WireSchemas & Stoppable {
  const registry = openSchemaRegistry(settings);
  const files = new Map(readSchemaFiles().map((file) => [canonicalForm(file.schema), file]));
  const known = new Map<number, Known>();
  const describe = (schema: AvroSchema): Known => {
    const file = files.get(canonicalForm(schema));
    return {
      name: file?.name ?? recordName(schema) ?? 'avro',
      version: file?.version,
      read: bodyReader(schema),
      node: schemaNodes(schema),
    };
  };
  return {
    async decodeBody(schemaId, body): Promise<ShownMessage> {
      let schema = known.get(schemaId);
      if (schema === undefined) {
        schema = describe(await registry.schemaOf(schemaId, signal));
        known.set(schemaId, schema);
      }
      const { name, version, read, node } = schema;
      return { schema: name, version, value: view.ofValue(read(body), node) };
    },
    stop: () => registry.stop(),
  };
}
