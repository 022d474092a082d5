export { inferenceSettings } from './config.ts';
export type { Engine } from './engine/engine.ts';
export type { ModelRunner } from './engine/model-runner.ts';
export { createOnnxRunner } from './engine/onnx-runner.ts';
export { loadModel } from './load-model.ts';
export type { LoadedModel } from './loaded-model.ts';
export { convertModel } from './model/convert-model.ts';
export { startInference, type InferenceOptions } from './service.ts';
export { loadTokenizer, type Tokenizer } from './text/tokenizer.ts';
