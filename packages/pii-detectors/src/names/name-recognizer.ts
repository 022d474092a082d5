import { nameTypes } from '../entities/entity.ts';
import type { Recognizer } from '../entities/recognizer.ts';
import { findNames } from './find-names.ts';
import { createVocabulary } from './vocabulary.ts';

/** Finds persons, organisations and places without a model. Reading the lexicon takes some 100 ms: make one, and keep it. */
export function createNameRecognizer(): Recognizer {
  const vocabulary = createVocabulary();
  return { types: nameTypes, find: (scan) => findNames(scan, vocabulary) };
}
