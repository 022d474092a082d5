/** Element types of tensors, by the names that this package uses. */
export type ElementType = 'float32' | 'uint8' | 'int8' | 'int32' | 'int64' | 'float16' | 'bool';

/** JavaScript's view of the elements of each type. float16 is handed over as its bits, bool as 0 or 1. */
export interface ElementArrays {
  float32: Float32Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  int64: BigInt64Array<ArrayBuffer>;
  float16: Uint16Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
}

export type ElementArray = ElementArrays[ElementType];

/** The numbers of `TensorProto.DataType`, which `ONNXTensorElementDataType` of the C API shares. */
export const elementTypeCodes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

export const elementSizesInBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  float16: 2,
  bool: 1,
};

type ArrayMaker<Type extends ElementType> = (
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number,
) => ElementArrays[Type];

const arrayMakers: { readonly [Type in ElementType]: ArrayMaker<Type> } = {
  float32: (buffer, byteOffset, length) => new Float32Array(buffer, byteOffset, length),
  uint8: (buffer, byteOffset, length) => new Uint8Array(buffer, byteOffset, length),
  int8: (buffer, byteOffset, length) => new Int8Array(buffer, byteOffset, length),
  int32: (buffer, byteOffset, length) => new Int32Array(buffer, byteOffset, length),
  int64: (buffer, byteOffset, length) => new BigInt64Array(buffer, byteOffset, length),
  float16: (buffer, byteOffset, length) => new Uint16Array(buffer, byteOffset, length),
  bool: (buffer, byteOffset, length) => new Uint8Array(buffer, byteOffset, length),
};

/** How many elements a shape holds; a scalar's shape is empty and holds one. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** A view of `length` elements on an ArrayBuffer, which is where the native side reads and writes. */
export function viewElements<Type extends ElementType>(
  type: Type,
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number,
): ElementArrays[Type] {
  return arrayMakers[type](buffer, byteOffset, length);
}
