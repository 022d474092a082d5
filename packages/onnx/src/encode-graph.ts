import { elementCount, elementSizesInBytes, elementTypeCodes } from './element-type.ts';
import type { AttributeValue, GraphNode, GraphValue, Initializer, ModelGraph } from './model-graph.ts';
import {
  concatenate,
  encodeFieldHead,
  encodeFloat,
  encodeInteger,
  encodeMessage,
  encodeString,
} from './protobuf.ts';

/** Field numbers are those of onnx.proto3 (onnx/onnx, `onnx/onnx.proto3`). */
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** Everything of a GraphProto that comes before its initializers. */
export function encodeGraphStart(graph: ModelGraph): Uint8Array {
  return concatenate([
    ...graph.nodes.map(encodeNode),
    encodeString(2, graph.name),
    ...graph.inputs.map((value) => encodeValue(11, value)),
    ...graph.outputs.map((value) => encodeValue(12, value)),
  ]);
}

/** Tags, name, type and shape of an initializer; its raw bytes follow directly. */
export function encodeInitializerStart(initializer: Initializer): Uint8Array {
  const description = concatenate([
    ...initializer.shape.map((dimension) => encodeInteger(1, dimension)),
    encodeInteger(2, elementTypeCodes[initializer.type]),
    encodeString(8, initializer.name),
    encodeFieldHead(9, initializerBytes(initializer)),
  ]);
  const head = encodeFieldHead(5, description.byteLength + initializerBytes(initializer));
  return concatenate([head, description]);
}

export function initializerBytes({ type, shape }: Initializer): number {
  return elementCount(shape) * elementSizesInBytes[type];
}

/** Everything of a ModelProto but its graph. */
export function encodeModelStart(graph: ModelGraph, domains: readonly string[]): Uint8Array {
  const irVersion = 8;
  return concatenate([
    encodeInteger(1, irVersion),
    encodeString(2, 'millrace'),
    encodeMessage(8, [encodeString(1, ''), encodeInteger(2, graph.operatorSet)]),
    ...domains.map((domain) => encodeMessage(8, [encodeString(1, domain), encodeInteger(2, 1)])),
  ]);
}

function encodeNode(node: GraphNode): Uint8Array {
  return encodeMessage(1, [
    ...node.inputs.map((name) => encodeString(1, name)),
    ...node.outputs.map((name) => encodeString(2, name)),
    encodeString(3, node.outputs[0] ?? ''),
    encodeString(4, node.operator),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => encodeAttribute(name, value)),
    ...(node.domain === undefined ? [] : [encodeString(7, node.domain)]),
  ]);
}

function encodeAttribute(name: string, value: AttributeValue): Uint8Array {
  const fields = [encodeString(1, name)];
  if ('float' in value) fields.push(encodeFloat(2, value.float), encodeInteger(20, attributeTypes.float));
  else if ('int' in value) fields.push(encodeInteger(3, value.int), encodeInteger(20, attributeTypes.int));
  else if ('string' in value)
    fields.push(encodeString(4, value.string), encodeInteger(20, attributeTypes.string));
  else {
    fields.push(...value.ints.map((int) => encodeInteger(8, int)), encodeInteger(20, attributeTypes.ints));
  }
  return encodeMessage(5, fields);
}

function encodeValue(field: number, { name, type, shape }: GraphValue): Uint8Array {
  const dimensions = shape.map((dimension) =>
    encodeMessage(1, [
      typeof dimension === 'number' ? encodeInteger(1, dimension) : encodeString(2, dimension),
    ]),
  );
  const tensor = encodeMessage(1, [encodeInteger(1, elementTypeCodes[type]), encodeMessage(2, dimensions)]);
  return encodeMessage(field, [encodeString(1, name), encodeMessage(2, [tensor])]);
}
