import { MillraceError } from '@millrace/runtime';
import { createBinding, type Binding } from './binding.ts';
import type { ElementType } from './element-type.ts';
import type { OrtApi, Pointer } from './ort-api.ts';
import { openDeviceMemory, type DeviceMemory } from './device-memory.ts';
import { createTensor, type BoundTensor, type Tensor, type TensorMemory } from './tensor.ts';

/** Tensors by the names of the graph's inputs or outputs. */
export type NamedTensors = Readonly<Record<string, BoundTensor>>;

/**
 * A loaded model, and the one owner of everything native that belongs to it: tensors, bindings, and through them
 * the ArrayBuffers that the native side reads and writes.
 */
export interface Session {
  /** Of the graph, in its order. */
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * A tensor over an ArrayBuffer: over a new one, or over a part of one that is handed in. The buffer must never be
   * transferred or resized; the session keeps it alive until it is closed.
   *
   * @param shape an empty one makes a scalar
   */
  createTensor<Type extends ElementType>(
    type: Type,
    shape: readonly number[],
    memory?: TensorMemory,
  ): Tensor<Type>;
  /**
   * Ties tensors to the graph's inputs and outputs, by name. One tensor may be both an input and an output:
   * what the graph writes then replaces in place what it has read.
   *
   * @throws MillraceError `internal_error` if the graph has no input or output of a name
   */
  bind(inputs: NamedTensors, outputs: NamedTensors): Binding;
  /** Memory of the provider's device; undefined where its tensors have to be in the main memory. */
  readonly deviceMemory: DeviceMemory | undefined;
  /** Waits for the calls in flight, then releases everything native. Nothing of the session may be used after. */
  close(): Promise<void>;
}

/** What `createSession` is given by the runtime. */
export interface SessionParts {
  readonly api: OrtApi;
  readonly env: Pointer;
  /** Name of the device's memory, if it is to have any. */
  readonly deviceMemoryName: string | undefined;
  readonly memory: Pointer;
  readonly handle: Pointer;
  /** Whether an input in main memory is copied to the device when it is bound. */
  readonly copiesWhenBound: boolean;
  readonly onClosed: () => void;
}

export function createSession({
  api,
  env,
  deviceMemoryName,
  memory,
  handle,
  copiesWhenBound,
  onClosed,
}: SessionParts): Session {
  const tensors = new Set<Tensor>();
  const bindings = new Set<Binding>();
  const deviceMemory =
    deviceMemoryName === undefined ? undefined : openDeviceMemory(api, env, handle, deviceMemoryName);
  let closing: Promise<void> | undefined;

  const requireOpen = (): void => {
    if (closing !== undefined) throw new MillraceError('internal_error', 'The ONNX session is closed.');
  };

  const release = async (): Promise<void> => {
    await Promise.all([...bindings].map((binding) => binding.close()));
    for (const tensor of tensors) tensor.release();
    tensors.clear();
    deviceMemory?.release();
    api.releaseSession(handle);
    onClosed();
  };

  return {
    inputNames: api.inputNames(handle),
    outputNames: api.outputNames(handle),
    deviceMemory,
    createTensor(type, shape, tensorMemory) {
      requireOpen();
      const tensor = createTensor(api, memory, type, shape, tensorMemory, () => tensors.delete(tensor));
      tensors.add(tensor);
      return tensor;
    },
    bind(inputs, outputs) {
      requireOpen();
      const binding = createBinding({
        api,
        session: handle,
        inputs,
        outputs,
        copiesWhenBound,
        onClosed: () => bindings.delete(binding),
      });
      bindings.add(binding);
      return binding;
    },
    close() {
      closing ??= release();
      return closing;
    },
  };
}
