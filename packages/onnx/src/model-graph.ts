import type { ElementType } from './element-type.ts';

/** One attribute of an operator; the key says which kind of attribute it is. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

export interface GraphNode {
  readonly operator: string;
  /** Default: the ONNX domain. */
  readonly domain?: string;
  /** Names of values; an empty one is an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** An input or output of the graph. A dimension that is a string is symbolic. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** A constant. Its bytes (little-endian, row-major) are asked for when it is written, so only one is in memory. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly load: () => ArrayBufferView | Promise<ArrayBufferView>;
}

/** An ONNX model, described; `writeModel` puts it into a file. */
export interface ModelGraph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly initializers: readonly Initializer[];
  /** Version of the ONNX operator set. */
  readonly operatorSet: number;
}
