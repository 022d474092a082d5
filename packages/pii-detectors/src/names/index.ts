export { createNameRecognizer } from './name-recognizer.ts';
export { withClassified, type TokenClassifier } from './token-classifier.ts';
