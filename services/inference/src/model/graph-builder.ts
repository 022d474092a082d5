import type {
  AttributeValue,
  ElementType,
  GraphNode,
  GraphValue,
  Initializer,
  ModelGraph,
} from '@millrace/onnx';

/** Operators of ONNX Runtime's own, beyond the standard. */
const contribDomain = 'com.microsoft';
const operatorSet = 17;

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Collects the parts of a graph in the order in which they are computed. Values are named by their producer. */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #inputs: GraphValue[] = [];
  readonly #outputs: GraphValue[] = [];
  readonly #initializers = new Map<string, Initializer>();

  input(name: string, type: ElementType, shape: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  output(name: string, type: ElementType, shape: readonly (number | string)[]): void {
    this.#outputs.push({ name, type, shape });
  }

  /** A constant whose bytes are made when they are written. One name can be asked for more than once. */
  constant(name: string, type: ElementType, shape: readonly number[], load: Initializer['load']): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, { name, type, shape, load });
    return name;
  }

  integers(values: readonly number[]): string {
    const name = `integers_${values.join('_')}`;
    return this.constant(name, 'int64', [values.length], () => BigInt64Array.from(values, BigInt));
  }

  scalar(value: number): string {
    return this.constant(`integer_${value}`, 'int64', [], () => BigInt64Array.of(BigInt(value)));
  }

  /** Adds an operator of the standard with one output. */
  standard(operator: string, inputs: readonly string[], output: string, attributes: Attributes = {}): string {
    this.#nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  }

  /** Adds an operator of the standard with several outputs. */
  standardMany(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes,
  ): void {
    this.#nodes.push({ operator, inputs, outputs, attributes });
  }

  /** Adds an operator of ONNX Runtime's own; an empty name among the outputs is one that is not wanted. */
  contrib(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes,
  ): void {
    this.#nodes.push({ operator, domain: contribDomain, inputs, outputs, attributes });
  }

  build(name: string): ModelGraph {
    return {
      name,
      operatorSet,
      nodes: this.#nodes,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: [...this.#initializers.values()],
    };
  }
}
