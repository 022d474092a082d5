import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceMemory } from './device-memory.ts';
import { openRuntime, type OnnxRuntime } from './runtime.ts';
import type { Session } from './session.ts';
import { writeModel } from './write-model.ts';

let folder: string;
let runtime: OnnxRuntime;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-device-'));
  await writeModel(modelFile(), {
    name: 'double',
    operatorSet: 17,
    nodes: [{ operator: 'Add', inputs: ['value', 'value'], outputs: ['twice'] }],
    inputs: [{ name: 'value', type: 'float32', shape: ['rows', 2] }],
    outputs: [{ name: 'twice', type: 'float32', shape: ['rows', 2] }],
    initializers: [],
  });
  runtime = openRuntime();
});

afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true });
});

const modelFile = (): string => path.join(folder, 'double.onnx');

const probe = openRuntime();
const hasCuda = probe.providers.includes('cuda');
await probe.close();

/** Where there is no GPU the CPU plays the device: the same calls, in main memory. */
const devices = [
  { name: 'that the CPU plays', options: { deviceMemory: 'Cpu' }, isHere: true },
  { name: 'of CUDA', options: { provider: 'cuda' }, isHere: hasCuda },
] as const;

describe.each(devices.filter(({ isHere }) => isHere))('the memory of a device $name', ({ options }) => {
  let session: Session;
  let memory: DeviceMemory;

  beforeAll(() => {
    session = runtime.createSession(modelFile(), { threads: 1, ...options });
    if (session.deviceMemory === undefined) throw new Error('there is no device memory');
    memory = session.deviceMemory;
  });

  it('holds a tensor of which a graph reads and writes a part, and what it wrote is there for the next run', async () => {
    const whole = memory.allocate('float32', [4, 2]);
    const host = session.createTensor('float32', [4, 2]);
    host.data.set([1, 2, 3, 4, 5, 6, 7, 8]);
    memory.copy([host], [whole]);
    const binding = session.bind({ value: whole.view(2, [1, 2]) }, { twice: whole.view(4, [1, 2]) });
    const next = session.bind({ value: whole.view(4, [1, 2]) }, { twice: whole.view(6, [1, 2]) });
    await binding.run();
    await next.run();
    memory.copy([whole], [host]);
    expect([...host.data]).toEqual([1, 2, 3, 4, 6, 8, 12, 16]);
  });

  it('is given what is written to an input after it was bound', async () => {
    const value = session.createTensor('float32', [1, 2]);
    const twice = session.createTensor('float32', [1, 2]);
    const binding = session.bind({ value }, { twice });
    for (const written of [1, 2]) {
      value.data.fill(written);
      await binding.run();
      expect([...twice.data]).toEqual([2 * written, 2 * written]);
    }
  });

  it('copies parts from one place to another', () => {
    const whole = memory.allocate('float16', [6]);
    const host = session.createTensor('float16', [6]);
    host.data.set([1, 2, 3, 4, 5, 6]);
    memory.copy([host], [whole]);
    memory.copy([whole.view(0, [2]), whole.view(2, [1])], [whole.view(4, [2]), whole.view(3, [1])]);
    memory.copy([whole], [host]);
    expect([...host.data]).toEqual([1, 2, 3, 3, 1, 2]);
  });

  it('refuses a view past the end', () => {
    expect(() => memory.allocate('float32', [4]).view(3, [2])).toThrow('does not fit');
  });
});

it('a session on the CPU has none unless it is asked for', () => {
  const plain = runtime.createSession(modelFile(), { threads: 1 });
  expect(plain.deviceMemory).toBeUndefined();
});
