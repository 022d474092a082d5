import type { BoundTensor, DeviceMemory, DeviceTensor, Session } from '@millrace/onnx';
import type { CacheShape, CacheTensors, KeyValueCache } from './key-value-cache.ts';

/** Elements of a tensor on the device, next to each other. */
interface Run {
  readonly tensor: DeviceTensor;
  readonly offset: number;
  readonly length: number;
}

/**
 * The keys and values of every slot in the memory of the device, as in the main memory one tensor [slot, key-value head, capacity, head size] for
 * each layer and part. Between steps only blocks of the prefix cache leave it.
 */
export function createDeviceKeyValueCache(
  session: Session,
  memory: DeviceMemory,
  { layers, slots, keyValueHeads, capacity, headSize, type, elementBytes }: CacheShape,
): KeyValueCache {
  const slotElements = keyValueHeads * capacity * headSize;
  const parts = ['key', 'value'].flatMap((part) =>
    Array.from({ length: layers }, (_, layer) => ({
      name: `${part}_${layer}`,
      tensor: memory.allocate(type, [slots, keyValueHeads, capacity, headSize]),
    })),
  );
  const made = new Map<string, CacheTensors>();
  const runsOf = (slot: number, start: number, length: number): readonly Run[] =>
    parts.flatMap(({ tensor }) =>
      Array.from({ length: keyValueHeads }, (_, head) => ({
        tensor,
        offset: slot * slotElements + (head * capacity + start) * headSize,
        length: length * headSize,
      })),
    );
  const copy = (sources: readonly BoundTensor[], targets: readonly BoundTensor[]): void =>
    memory.copy(sources, targets);

  /** Hands tensors over `bytes` to `use`, one for each run, in their order. */
  const withHostRuns = (
    bytes: Uint8Array<ArrayBuffer>,
    runs: readonly Run[],
    use: (host: readonly BoundTensor[], device: readonly BoundTensor[]) => void,
  ): void => {
    let byteOffset = bytes.byteOffset;
    const host = runs.map(({ length }) => {
      const tensor = session.createTensor(type, [length], { buffer: bytes.buffer, byteOffset });
      byteOffset += length * elementBytes;
      return tensor;
    });
    const device = viewsOf(runs);
    use(host, device);
    for (const tensor of [...host, ...device]) tensor.release();
  };

  return {
    tensors(firstSlot, count) {
      const key = `${firstSlot}+${count}`;
      const known = made.get(key);
      if (known !== undefined) return known;
      const views = parts.map(({ name, tensor }) => ({
        name,
        view: tensor.view(firstSlot * slotElements, [count, keyValueHeads, capacity, headSize]),
      }));
      const tensors = {
        past: Object.fromEntries(views.map(({ name, view }) => [`past_${name}`, view])),
        present: Object.fromEntries(views.map(({ name, view }) => [`present_${name}`, view])),
      };
      made.set(key, tensors);
      return tensors;
    },
    copy(from, to, length) {
      if (length === 0) return;
      const [sources, targets] = [from, to].map((slot) => viewsOf(runsOf(slot, 0, length)));
      copy(sources ?? [], targets ?? []);
      for (const view of [...(sources ?? []), ...(targets ?? [])]) view.release();
    },
    bytesOf: (length) => parts.length * keyValueHeads * length * headSize * elementBytes,
    save(slot, start, length, block) {
      withHostRuns(block, runsOf(slot, start, length), (host, device) => copy(device, host));
    },
    load(slot, start, length, block) {
      withHostRuns(block, runsOf(slot, start, length), copy);
    },
  };
}

function viewsOf(runs: readonly Run[]): DeviceTensor[] {
  return runs.map(({ tensor, offset, length }) => tensor.view(offset, [length]));
}
