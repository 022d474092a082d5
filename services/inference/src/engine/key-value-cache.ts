import type { NamedTensors, Session } from '@millrace/onnx';

export interface CacheShape {
  readonly layers: number;
  readonly slots: number;
  readonly keyValueHeads: number;
  /** Tokens that one slot can hold. */
  readonly capacity: number;
  readonly headSize: number;
}

/** Tensors over the caches of some neighbouring slots, by the names of the graph. */
export interface CacheTensors {
  readonly past: NamedTensors;
  readonly present: NamedTensors;
}

/**
 * The keys and values of every slot: for each layer two arrays [slot, key-value head, capacity, head size], float32.
 * The operating system gives memory to a part of it when that part is first written.
 */
export interface KeyValueCache {
  /** Tensors over `count` slots from `firstSlot` on. A step writes in place: past and present are the same memory. */
  tensors(firstSlot: number, count: number): CacheTensors;
  /** Copies the first `length` positions of one slot to another. */
  copy(from: number, to: number, length: number): void;
  /** Bytes of so many positions of one slot. */
  bytesOf(length: number): number;
  /** Copies `length` positions of a slot from `start` on to memory of `bytesOf(length)`. */
  save(slot: number, start: number, length: number, memory: Uint8Array): void;
  /** The way back. */
  load(slot: number, start: number, length: number, memory: Uint8Array): void;
}

export function createKeyValueCache(session: Session, shape: CacheShape): KeyValueCache {
  const { layers, slots, keyValueHeads, capacity, headSize } = shape;
  const slotElements = keyValueHeads * capacity * headSize;
  const slotBytes = slotElements * Float32Array.BYTES_PER_ELEMENT;
  const parts = ['key', 'value'].flatMap((part) =>
    Array.from({ length: layers }, (_, layer) => ({
      name: `${part}_${layer}`,
      buffer: new ArrayBuffer(slots * slotBytes),
    })),
  );
  const made = new Map<string, CacheTensors>();
  const arrays = parts.map(({ buffer }) => new Float32Array(buffer));
  /** Runs of neighbouring elements: for each array and head one, of the same length. */
  const eachRun = (
    slot: number,
    start: number,
    length: number,
    visit: (array: Float32Array, offset: number, run: number) => void,
  ): void => {
    let run = 0;
    for (const array of arrays) {
      for (let head = 0; head < keyValueHeads; head += 1, run += 1)
        visit(array, slot * slotElements + (head * capacity + start) * headSize, run * length * headSize);
    }
  };

  const make = (firstSlot: number, count: number): CacheTensors => {
    const tensors = parts.map(({ name, buffer }) => ({
      name,
      tensor: session.createTensor('float32', [count, keyValueHeads, capacity, headSize], {
        buffer,
        byteOffset: firstSlot * slotBytes,
      }),
    }));
    return {
      past: Object.fromEntries(tensors.map(({ name, tensor }) => [`past_${name}`, tensor])),
      present: Object.fromEntries(tensors.map(({ name, tensor }) => [`present_${name}`, tensor])),
    };
  };

  return {
    tensors(firstSlot, count) {
      const key = `${firstSlot}+${count}`;
      const tensors = made.get(key) ?? make(firstSlot, count);
      made.set(key, tensors);
      return tensors;
    },
    copy(from, to, length) {
      eachRun(from, 0, length, (array, source) => {
        array.copyWithin(source + (to - from) * slotElements, source, source + length * headSize);
      });
    },
    bytesOf: (length) => parts.length * keyValueHeads * length * headSize * Float32Array.BYTES_PER_ELEMENT,
    save(slot, start, length, memory) {
      const target = floatsOf(memory);
      eachRun(slot, start, length, (array, offset, at) => {
        target.set(array.subarray(offset, offset + length * headSize), at);
      });
    },
    load(slot, start, length, memory) {
      const source = floatsOf(memory);
      eachRun(slot, start, length, (array, offset, at) => {
        array.set(source.subarray(at, at + length * headSize), offset);
      });
    },
  };
}

function floatsOf({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
}
