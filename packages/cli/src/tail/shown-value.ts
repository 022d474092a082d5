import {
  readPrivacyClasses,
  readSchemaFiles,
  schemaNodes,
  type Codec,
  type DecodedMessage,
  type PrivacyClasses,
  type SchemaNode,
} from '@millrace/contracts';

/** A decoded message as JSON can have it. */
export interface ShownMessage {
  readonly schema: string;
  /** Undefined: it came by a schema of a registry, which is not one of the files. */
  readonly version: number | undefined;
  readonly value: unknown;
}

/** Makes values readable: what is sealed says so, other bytes are hexadecimal, and events inside of events are decoded. */
export interface ValueView {
  ofMessage(message: DecodedMessage): ShownMessage;
  /** @param node of the schema that the value has */
  ofValue(value: unknown, node: SchemaNode): unknown;
}

export function createValueView(codec: Codec): ValueView {
  const privacy = readPrivacyClasses();
  const nodes = new Map(
    readSchemaFiles().map(({ name, version, schema }) => [`${name} ${version}`, schemaNodes(schema)]),
  );
  const view: ValueView = {
    ofMessage({ name, version, value }) {
      const node = nodes.get(`${name} ${version}`) as SchemaNode;
      return { schema: name, version, value: view.ofValue(value, node) };
    },
    ofValue: (value, node) => shown(value, node, { privacy, nested }),
  };
  /** An event that is a field of another, as those of the audit chain are. */
  const nested = (bytes: Uint8Array): unknown => {
    if (bytes[0] !== 0xc3 || bytes[1] !== 0x01) return undefined;
    try {
      return view.ofMessage(codec.decodeAny(bytes));
    } catch {
      // Bytes that only begin like an event: they are shown as bytes.
      return undefined;
    }
  };
  return view;
}

interface Showing {
  readonly privacy: PrivacyClasses;
  readonly nested: (bytes: Uint8Array) => unknown;
}

function shown(value: unknown, node: SchemaNode, showing: Showing): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return showing.nested(value) ?? Buffer.from(value).toString('hex');
  switch (node.kind) {
    case 'union':
      return shown(value, branchOf(value, node.branches), showing);
    case 'array':
      return (value as readonly unknown[]).map((item) => shown(item, node.of, showing));
    case 'map':
      return mapped(value, (item) => shown(item, node.of, showing));
    case 'record': {
      const classes = showing.privacy.records[node.name.slice(node.name.lastIndexOf('.') + 1)] ?? {};
      const types = new Map(node.fields.map(({ name, type }) => [name, type]));
      return mapped(value, (item, name) => {
        const hidden = hiddenBy(classes[name], item);
        return hidden ?? shown(item, types.get(name) ?? node, showing);
      });
    }
    case 'plain':
    case 'enum':
    case 'fixed':
      return value;
  }
}

/** What stands for content that is encrypted, and for keys. */
function hiddenBy(privacyClass: string | undefined, value: unknown): object | undefined {
  if (value === null) return undefined;
  if (privacyClass === 'secret') return { secret: true };
  if (privacyClass === 'sealed' && value instanceof Uint8Array) return { sealed: true, bytes: value.length };
  return undefined;
}

/** Millrace's unions have one branch beside null, or a text and a list of texts. */
function branchOf(value: unknown, branches: readonly SchemaNode[]): SchemaNode {
  const isList = Array.isArray(value);
  const others = branches.filter((branch) => !(branch.kind === 'plain' && branch.type === 'null'));
  return (others.find((branch) => (branch.kind === 'array') === isList) ?? others[0]) as SchemaNode;
}

function mapped(value: object, change: (item: unknown, name: string) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item, name)]));
}
