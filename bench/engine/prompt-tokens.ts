/**
 * Token ids of a prompt, the same for every engine. Prompts of different seeds differ from the first token on, so that no cache of
 * prefixes helps anyone.
 */
export function promptTokens(length: number, seed: number): number[] {
  return Array.from({ length }, (_, position) => 1_000 + ((position * 37 + seed * 101) % 40_000));
}
