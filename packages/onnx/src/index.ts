export type { Binding, RunOptions } from './binding.ts';
export type { ElementArray, ElementArrays, ElementType } from './element-type.ts';
export { executionProviders, type ExecutionProvider } from './execution-provider.ts';
export type { DeviceMemory, DeviceTensor } from './device-memory.ts';
export type { AttributeValue, GraphNode, GraphValue, Initializer, ModelGraph } from './model-graph.ts';
export { openRuntime, type OnnxRuntime, type RuntimeOptions, type SessionOptions } from './runtime.ts';
export type { NamedTensors, Session } from './session.ts';
export type { BoundTensor, Tensor, TensorMemory } from './tensor.ts';
export { writeModel, type WriteModelOptions } from './write-model.ts';
