import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeviceMemory } from './device-memory.ts';
import { openRuntime, type OnnxRuntime } from './runtime.ts';
import type { Session } from './session.ts';
import { writeModel } from './write-model.ts';

let folder: string;
let runtime: OnnxRuntime;
let session: Session;
let memory: DeviceMemory;

/** The CPU plays the device: the same calls, in main memory. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-device-'));
  const file = path.join(folder, 'double.onnx');
  await writeModel(file, {
    name: 'double',
    operatorSet: 17,
    nodes: [{ operator: 'Add', inputs: ['value', 'value'], outputs: ['twice'] }],
    inputs: [{ name: 'value', type: 'float32', shape: ['rows', 2] }],
    outputs: [{ name: 'twice', type: 'float32', shape: ['rows', 2] }],
    initializers: [],
  });
  runtime = openRuntime();
  session = runtime.createSession(file, { threads: 1, deviceMemory: 'Cpu' });
  if (session.deviceMemory === undefined) throw new Error('there is no device memory');
  memory = session.deviceMemory;
});

afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true });
});

it('a graph reads and writes a part of a tensor on the device, and what it wrote is there for the next run', async () => {
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

it('parts are copied from one place to another', () => {
  const whole = memory.allocate('float16', [6]);
  const host = session.createTensor('float16', [6]);
  host.data.set([1, 2, 3, 4, 5, 6]);
  memory.copy([host], [whole]);
  memory.copy([whole.view(0, [2]), whole.view(2, [1])], [whole.view(4, [2]), whole.view(3, [1])]);
  memory.copy([whole], [host]);
  expect([...host.data]).toEqual([1, 2, 3, 3, 1, 2]);
});

it('a view past the end is refused', () => {
  expect(() => memory.allocate('float32', [4]).view(3, [2])).toThrow('does not fit');
});

it('a session on the CPU has none unless it is asked for', () => {
  const plain = runtime.createSession(path.join(folder, 'double.onnx'), { threads: 1 });
  expect(plain.deviceMemory).toBeUndefined();
});
