export { inferenceSettings } from './config.ts';
export type { Engine } from './engine/engine.ts';
export { loadModel } from './load-model.ts';
export type { LoadedModel } from './loaded-model.ts';
export { startInference, type InferenceOptions } from './service.ts';
