export { createNameRecognizer } from './name-recognizer.ts';
export { classifyTexts, foundBy, type Classified, type TokenClassifier } from './token-classifier.ts';
