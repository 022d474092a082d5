/** An engine that is measured: the same few lines measure all of them. */
export interface Subject {
  /**
   * Generates greedily and never stops by itself before `maxTokens`.
   *
   * @returns the tokens, those together that came at once; whoever leaves the loop ends the generation
   */
  generate(promptTokens: readonly number[], maxTokens: number): AsyncIterable<ArrayLike<number>>;
  close(): Promise<void>;
}
