import type { Entity } from '../entities/entity.ts';

/** A model that marks names in texts: a token classification network, GLiNER or the like, in a place of its own. */
export interface TokenClassifier {
  /**
   * @returns for each text its persons, organisations and places, offsets in UTF-16 code units; in order, without overlaps
   * @throws when the signal is aborted, with its reason
   */
  classify(texts: readonly string[], signal: AbortSignal): Promise<readonly (readonly Entity[])[]>;
}

/** What a model found, by text. It can be sent to a thread. */
export type Classified = ReadonlyMap<string, readonly Entity[]>;

/** @throws as `TokenClassifier.classify` */
export async function classifyTexts(
  classifier: TokenClassifier,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Classified> {
  const found = await classifier.classify(texts, signal);
  return new Map(texts.map((text, index) => [text, found[index] ?? []]));
}

/** What was found in a text, for an analyzer. @throws Error for one that was not classified: nothing passes unchecked */
export function foundBy(classified: Classified): (text: string) => readonly Entity[] {
  return (text) => {
    const found = classified.get(text);
    if (found === undefined) throw new Error('a text that was not classified');
    return found;
  };
}
