import { MillraceError } from '@millrace/runtime';
import {
  elementCount,
  elementSizesInBytes,
  elementTypeCodes,
  viewElements,
  type ElementArrays,
  type ElementType,
} from './element-type.ts';
import type { OrtApi, Pointer } from './ort-api.ts';

/** A part of an ArrayBuffer that a tensor lies on. */
export interface TensorMemory {
  readonly buffer: ArrayBuffer;
  /** Default 0. */
  readonly byteOffset?: number;
}

/** What a graph's input or output can be tied to. */
export interface BoundTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** @internal the `OrtValue*` */
  readonly handle: Pointer;
}

export interface Tensor<Type extends ElementType = ElementType> extends BoundTensor {
  readonly type: Type;
  /** The elements, row-major, where the native side reads and writes them. Hands off while a run is in flight. */
  readonly data: ElementArrays[Type];
  /** Frees the native handle. No binding that uses the tensor may be run after. */
  release(): void;
}

export function createTensor<Type extends ElementType>(
  api: OrtApi,
  memory: Pointer,
  type: Type,
  shape: readonly number[],
  tensorMemory: TensorMemory | undefined,
  onReleased: () => void,
): Tensor<Type> {
  const length = elementCount(shape);
  const byteLength = length * elementSizesInBytes[type];
  // An ArrayBuffer of its own, never `new Float32Array(n)`: V8 keeps small ones on its moving heap.
  const { buffer, byteOffset = 0 } = tensorMemory ?? { buffer: new ArrayBuffer(byteLength) };
  if (byteOffset + byteLength > buffer.byteLength) {
    throw new MillraceError(
      'internal_error',
      `A tensor of ${byteLength} bytes does not fit into its buffer.`,
    );
  }
  const data = viewElements(type, buffer, byteOffset, length);
  const dimensions = BigInt64Array.from(shape, BigInt);
  const handle = api.createTensorWithData(
    memory,
    data,
    byteLength,
    dimensions,
    shape.length,
    elementTypeCodes[type],
  );
  let released = false;
  return {
    type,
    shape,
    data,
    handle,
    release() {
      if (released) return;
      released = true;
      api.releaseValue(handle);
      onReleased();
    },
  };
}
