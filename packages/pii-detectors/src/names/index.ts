export { createNameRecognizer } from './name-recognizer.ts';
export { classifyTexts, type Classified, type TokenClassifier } from './token-classifier.ts';
