/** How a GGUF file stores the elements of a tensor: blocks of `blockElements`, each `blockBytes` long. */
export interface TensorType {
  readonly name: string;
  readonly blockElements: number;
  readonly blockBytes: number;
}

export type SupportedTypeName = 'F32' | 'F16' | 'Q4_0' | 'Q4_1' | 'Q8_0';

/** `ggml_type` of ggml.h; the layouts are the `block_*` structs of ggml-common.h. */
const supportedTypes: Readonly<Record<number, TensorType & { readonly name: SupportedTypeName }>> = {
  0: { name: 'F32', blockElements: 1, blockBytes: 4 },
  1: { name: 'F16', blockElements: 1, blockBytes: 2 },
  2: { name: 'Q4_0', blockElements: 32, blockBytes: 18 },
  3: { name: 'Q4_1', blockElements: 32, blockBytes: 20 },
  8: { name: 'Q8_0', blockElements: 32, blockBytes: 34 },
};

/** Types that exist, so that an error can name what a file has. */
const otherTypeNames: Readonly<Record<number, string>> = {
  6: 'Q5_0',
  7: 'Q5_1',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  15: 'Q8_K',
  20: 'IQ4_NL',
  23: 'IQ4_XS',
  30: 'BF16',
};

export function findTensorType(
  code: number,
): (TensorType & { readonly name: SupportedTypeName }) | undefined {
  return supportedTypes[code];
}

export function describeTensorType(code: number): string {
  return supportedTypes[code]?.name ?? otherTypeNames[code] ?? `number ${code}`;
}

export const supportedTypeNames = Object.values(supportedTypes)
  .map(({ name }) => name)
  .join(', ');
