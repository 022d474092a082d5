import type { GraphBuilder } from './graph-builder.ts';

/** Type of keys, values and attention. */
export type CacheType = 'float32' | 'float16';

/** The numbers of ONNX. */
const codes: Readonly<Record<CacheType, number>> = { float32: 1, float16: 10 };

/** A value of the graph, which is float32, as attention takes it. */
export function inCacheType(graph: GraphBuilder, type: CacheType, name: string): string {
  return type === 'float32' ? name : cast(graph, name, type);
}

/** What attention gives, as float32. */
export function fromCacheType(graph: GraphBuilder, type: CacheType, name: string): string {
  return type === 'float32' ? name : cast(graph, name, 'float32');
}

function cast(graph: GraphBuilder, name: string, to: CacheType): string {
  return graph.standard('Cast', [name], `${name}_${to}`, { to: { int: codes[to] } });
}

/** Numbers as the bits of float16. */
export function halfBits(numbers: Float32Array): Uint16Array {
  return new Uint16Array(Float16Array.from(numbers).buffer);
}
