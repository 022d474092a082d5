export type SupportedTypeName = 'F32' | 'F16' | 'BF16' | 'Q4_0' | 'Q4_1' | 'Q8_0' | 'Q4_K' | 'Q6_K';

/** How a GGUF file stores the elements of a tensor: blocks of `blockElements`, each `blockBytes` long. */
export interface SupportedTensorType {
  readonly name: SupportedTypeName;
  readonly blockElements: number;
  readonly blockBytes: number;
}

/** `ggml_type` of ggml.h; the layouts are the `block_*` structs of ggml-common.h. */
const supportedTypes: Readonly<Record<number, SupportedTensorType>> = {
  0: { name: 'F32', blockElements: 1, blockBytes: 4 },
  1: { name: 'F16', blockElements: 1, blockBytes: 2 },
  2: { name: 'Q4_0', blockElements: 32, blockBytes: 18 },
  3: { name: 'Q4_1', blockElements: 32, blockBytes: 20 },
  8: { name: 'Q8_0', blockElements: 32, blockBytes: 34 },
  12: { name: 'Q4_K', blockElements: 256, blockBytes: 144 },
  14: { name: 'Q6_K', blockElements: 256, blockBytes: 210 },
  30: { name: 'BF16', blockElements: 1, blockBytes: 2 },
};

/** Types that exist, so that an error can name what a file has. */
const otherTypeNames: Readonly<Record<number, string>> = {
  6: 'Q5_0',
  7: 'Q5_1',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  13: 'Q5_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

export function findTensorType(code: number): SupportedTensorType | undefined {
  return supportedTypes[code];
}

export function describeTensorType(code: number): string {
  return supportedTypes[code]?.name ?? otherTypeNames[code] ?? `number ${code}`;
}

export const supportedTypeNames = Object.values(supportedTypes)
  .map(({ name }) => name)
  .join(', ');
