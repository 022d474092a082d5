import type { NamedTensors, Session } from '@millrace/onnx';
import type { CacheType } from '../model/cache-type.ts';

export interface CacheShape {
  readonly layers: number;
  readonly slots: number;
  readonly keyValueHeads: number;
  /** Tokens that one slot can hold. */
  readonly capacity: number;
  readonly headSize: number;
  readonly type: CacheType;
  readonly elementBytes: number;
}

export const cacheElementBytes: Readonly<Record<CacheType, number>> = { float32: 4, float16: 2 };

/** Tensors over the caches of some neighbouring slots, by the names of the graph. */
export interface CacheTensors {
  readonly past: NamedTensors;
  readonly present: NamedTensors;
}

/**
 * The keys and values of every slot: for each layer two arrays [slot, key-value head, capacity, head size].
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
  save(slot: number, start: number, length: number, memory: Uint8Array<ArrayBuffer>): void;
  /** The way back. */
  load(slot: number, start: number, length: number, memory: Uint8Array<ArrayBuffer>): void;
}

export function createKeyValueCache(session: Session, shape: CacheShape): KeyValueCache {
  const { layers, slots, keyValueHeads, capacity, headSize, type, elementBytes } = shape;
  const slotElements = keyValueHeads * capacity * headSize;
  const slotBytes = slotElements * elementBytes;
  const parts = ['key', 'value'].flatMap((part) =>
    Array.from({ length: layers }, (_, layer) => ({
      name: `${part}_${layer}`,
      buffer: new ArrayBuffer(slots * slotBytes),
    })),
  );
  const made = new Map<string, CacheTensors>();
  const arrays = parts.map(({ buffer }) => elementsOf(type, buffer));
  /** Runs of neighbouring elements: for each array and head one, of the same length. */
  const eachRun = (
    slot: number,
    start: number,
    length: number,
    visit: (array: CacheElements, offset: number, run: number) => void,
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
      tensor: session.createTensor(type, [count, keyValueHeads, capacity, headSize], {
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
    bytesOf: (length) => parts.length * keyValueHeads * length * headSize * elementBytes,
    save(slot, start, length, memory) {
      const target = elementsOf(type, memory.buffer, memory.byteOffset, memory.byteLength / elementBytes);
      eachRun(slot, start, length, (array, offset, at) => {
        target.set(array.subarray(offset, offset + length * headSize), at);
      });
    },
    load(slot, start, length, memory) {
      const source = elementsOf(type, memory.buffer, memory.byteOffset, memory.byteLength / elementBytes);
      eachRun(slot, start, length, (array, offset, at) => {
        array.set(source.subarray(at, at + length * headSize), offset);
      });
    },
  };
}

/** float16 as its bits. */
type CacheElements = Float32Array | Uint16Array;

function elementsOf(type: CacheType, buffer: ArrayBuffer, byteOffset = 0, length?: number): CacheElements {
  return type === 'float32'
    ? new Float32Array(buffer, byteOffset, length)
    : new Uint16Array(buffer, byteOffset, length);
}
