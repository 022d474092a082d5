import { MillraceError } from '@millrace/runtime';
import { elementCount, elementSizesInBytes, elementTypeCodes, type ElementType } from './element-type.ts';
import type { OrtApi, Pointer } from './ort-api.ts';
import type { BoundTensor } from './tensor.ts';

/** A tensor in the memory of a device. */
export interface DeviceTensor extends BoundTensor {
  /** The elements from `elementOffset` on, in another shape: the same memory, which the tensor has to outlive. */
  view(elementOffset: number, shape: readonly number[]): DeviceTensor;
  release(): void;
}

/** Tensors that stay on the device between runs. */
export interface DeviceMemory {
  /** Its elements are undefined at first. @throws MillraceError `internal_error` where the device has no room */
  allocate(type: ElementType, shape: readonly number[]): DeviceTensor;
  /** Copies each tensor to the one of the same place in the other list, wherever they are. No run may be in flight. */
  copy(sources: readonly BoundTensor[], targets: readonly BoundTensor[]): void;
  /** @internal frees all that is left */
  release(): void;
}

/** `OrtDeviceAllocator`, `OrtMemTypeDefault`, and the first device. */
const deviceAllocator = 0;
const defaultMemory = 0;
const firstDevice = 0;
/** Where the main memory plays the device. ONNX Runtime copies between devices alone. */
const mainMemory = 'Cpu';

/** @param name of the memory, as ONNX Runtime knows it */
export function openDeviceMemory(api: OrtApi, env: Pointer, session: Pointer, name: string): DeviceMemory {
  const memory = api.createMemoryInfo(name, deviceAllocator, firstDevice, defaultMemory);
  const allocator = api.createAllocator(session, memory);
  const handles = new Set<Pointer>();

  const wrap = (handle: Pointer, type: ElementType, shape: readonly number[]): DeviceTensor => {
    handles.add(handle);
    return {
      type,
      shape,
      handle,
      view(elementOffset, viewShape) {
        const size = elementSizesInBytes[type];
        const length = elementCount(viewShape);
        if (elementOffset < 0 || elementOffset + length > elementCount(shape))
          throw new MillraceError('internal_error', `A view of ${length} elements does not fit its tensor.`);
        const address = api.getTensorData(handle) + BigInt(elementOffset * size);
        const dimensions = BigInt64Array.from(viewShape, BigInt);
        const code = elementTypeCodes[type];
        return wrap(
          api.createTensorWithData(memory, address, length * size, dimensions, viewShape.length, code),
          type,
          viewShape,
        );
      },
      release() {
        if (handles.delete(handle)) api.releaseValue(handle);
      },
    };
  };

  return {
    allocate: (type, shape) =>
      wrap(
        api.createTensor(allocator, BigInt64Array.from(shape, BigInt), shape.length, elementTypeCodes[type]),
        type,
        shape,
      ),
    copy(sources, targets) {
      if (name === mainMemory) {
        for (const [index, source] of sources.entries()) copyInMainMemory(api, source, targets[index]);
        return;
      }
      api.copyTensors(env, pointersOf(sources), pointersOf(targets), null, sources.length);
    },
    release() {
      for (const handle of handles) api.releaseValue(handle);
      handles.clear();
      api.releaseAllocator(allocator);
      api.releaseMemoryInfo(memory);
    },
  };
}

function pointersOf(tensors: readonly BoundTensor[]): BigUint64Array {
  return BigUint64Array.from(tensors, ({ handle }) => handle);
}

function copyInMainMemory(api: OrtApi, source: BoundTensor, target: BoundTensor | undefined): void {
  if (target === undefined) throw new MillraceError('internal_error', 'A tensor has no place to go to.');
  const bytesOf = ({ handle, type, shape }: BoundTensor): Uint8Array =>
    api.viewMemory(api.getTensorData(handle), elementCount(shape) * elementSizesInBytes[type]);
  bytesOf(target).set(bytesOf(source));
}
