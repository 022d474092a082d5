/** What sets one architecture of decoders apart from the others, in the files that llama.cpp's converter writes. */
export interface Architecture {
  /** `general.architecture`; the keys of its metadata begin with it. */
  readonly name: string;
  /**
   * Whether the rows of Q and K are permuted for rotary positions of neighbouring elements (`permute` in
   * convert_hf_to_gguf.py). Otherwise they are as they were trained, for those of the two halves of a head.
   */
  readonly permutedRows: boolean;
  /** Whether Q, K and V each have a bias. */
  readonly attentionBiases: boolean;
}

/** By the name of the architecture. */
const architectures: ReadonlyMap<string, Architecture> = new Map(
  [
    { name: 'llama', permutedRows: true, attentionBiases: false },
    { name: 'qwen2', permutedRows: false, attentionBiases: true },
  ].map((architecture) => [architecture.name, architecture]),
);

export const architectureNames = [...architectures.keys()].join(', ');

export function findArchitecture(name: unknown): Architecture | undefined {
  return typeof name === 'string' ? architectures.get(name) : undefined;
}
