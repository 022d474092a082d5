import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLibrary } from './library-path.ts';
import type { ModelGraph } from './model-graph.ts';
import { openRuntime, type OnnxRuntime } from './runtime.ts';
import { writeModel } from './write-model.ts';

const side = 512;
const products = 40;

/** sum = left + right + [1, 2, 3] */
const addition: ModelGraph = {
  name: 'addition',
  operatorSet: 17,
  nodes: [
    { operator: 'Add', inputs: ['left', 'right'], outputs: ['both'] },
    { operator: 'Add', inputs: ['both', 'constant'], outputs: ['sum'] },
  ],
  inputs: [
    { name: 'left', type: 'float32', shape: ['rows', 3] },
    { name: 'right', type: 'float32', shape: ['rows', 3] },
  ],
  outputs: [{ name: 'sum', type: 'float32', shape: ['rows', 3] }],
  initializers: [{ name: 'constant', type: 'float32', shape: [3], load: () => Float32Array.of(1, 2, 3) }],
};

/** Forty products of 512 × 512 matrices, one after the other: long enough to be interrupted. */
const longChain: ModelGraph = {
  name: 'chain',
  operatorSet: 17,
  nodes: Array.from({ length: products }, (_, index) => ({
    operator: 'MatMul',
    inputs: [`value${index}`, 'factor'],
    outputs: [`value${index + 1}`],
  })),
  inputs: [{ name: 'value0', type: 'float32', shape: [side, side] }],
  outputs: [{ name: `value${products}`, type: 'float32', shape: [side, side] }],
  initializers: [
    {
      name: 'factor',
      type: 'float32',
      shape: [side, side],
      load: () => new Float32Array(side * side).fill(1e-3),
    },
  ],
};

let folder: string;
let runtime: OnnxRuntime;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-onnx-'));
  runtime = openRuntime();
  await writeModel(path.join(folder, 'addition.onnx'), addition);
  await writeModel(path.join(folder, 'chain.onnx'), longChain);
});

afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true });
});

const openSession = (name: string) =>
  runtime.createSession(path.join(folder, `${name}.onnx`), { threads: 1 });

describe('a session', () => {
  it('knows the inputs and outputs of its graph', async () => {
    const session = openSession('addition');
    expect([session.inputNames, session.outputNames]).toEqual([['left', 'right'], ['sum']]);
    await session.close();
  });
});

describe('a binding', () => {
  it('reads and writes the memory of its tensors', async () => {
    const session = openSession('addition');
    const left = session.createTensor('float32', [2, 3]);
    const right = session.createTensor('float32', [2, 3]);
    const sum = session.createTensor('float32', [2, 3]);
    const binding = session.bind({ left, right }, { sum });
    left.data.set([1, 2, 3, 4, 5, 6]);
    right.data.fill(10);
    await binding.run();
    expect([...sum.data]).toEqual([12, 14, 16, 15, 17, 19]);
    right.data.fill(0);
    await binding.run();
    expect([...sum.data]).toEqual([2, 4, 6, 5, 7, 9]);
    await session.close();
  });

  it('works in place on a part of a buffer that another tensor shares', async () => {
    const session = openSession('addition');
    const buffer = new ArrayBuffer(6 * 4);
    const whole = session.createTensor('float32', [2, 3], { buffer });
    const secondRow = session.createTensor('float32', [1, 3], { buffer, byteOffset: 3 * 4 });
    const right = session.createTensor('float32', [1, 3]);
    const binding = session.bind({ left: secondRow, right }, { sum: secondRow });
    await binding.run();
    await binding.run();
    expect([...whole.data]).toEqual([0, 0, 0, 2, 4, 6]);
    await session.close();
  });

  it('leaves the event loop free while it runs', async () => {
    const session = openSession('chain');
    const start = session.createTensor('float32', [side, side]);
    const end = session.createTensor('float32', [side, side]);
    const order: string[] = [];
    const run = session
      .bind({ value0: start }, { [`value${products}`]: end })
      .run()
      .then(() => order.push('run'));
    setImmediate(() => order.push('event loop'));
    await run;
    expect(order).toEqual(['event loop', 'run']);
    await session.close();
  });

  it('ends with the code cancelled when its signal is aborted, and can be run again', async () => {
    const session = openSession('chain');
    const start = session.createTensor('float32', [side, side]);
    const end = session.createTensor('float32', [side, side]);
    const binding = session.bind({ value0: start }, { [`value${products}`]: end });
    const controller = new AbortController();
    const run = binding.run({ signal: controller.signal });
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await binding.run();
    await session.close();
  });

  it('refuses a second run while one is in flight', async () => {
    const session = openSession('chain');
    const start = session.createTensor('float32', [side, side]);
    const end = session.createTensor('float32', [side, side]);
    const binding = session.bind({ value0: start }, { [`value${products}`]: end });
    const first = binding.run();
    await expect(binding.run()).rejects.toThrow('The binding is running.');
    await first;
    await session.close();
  });

  it('names what is wrong with a name that the graph does not have', async () => {
    const session = openSession('addition');
    const tensor = session.createTensor('float32', [1, 3]);
    expect(() => session.bind({ middle: tensor }, {})).toThrow(/middle/u);
    await session.close();
  });
});

describe('a session', () => {
  it('waits for the run in flight when it is closed', async () => {
    const session = openSession('chain');
    const start = session.createTensor('float32', [side, side]);
    const end = session.createTensor('float32', [side, side]);
    const order: string[] = [];
    const run = session
      .bind({ value0: start }, { [`value${products}`]: end })
      .run()
      .then(() => order.push('run'));
    await session.close();
    order.push('closed');
    await run;
    expect(order).toEqual(['run', 'closed']);
    expect(() => session.createTensor('float32', [1])).toThrow('The ONNX session is closed.');
  });

  it('refuses a tensor that is larger than its buffer', async () => {
    const session = openSession('addition');
    expect(() => session.createTensor('float32', [3], { buffer: new ArrayBuffer(8) })).toThrow(/12 bytes/u);
    await session.close();
  });
});

describe('the runtime', () => {
  it('says that a file is not a model', async () => {
    const notModel = path.join(folder, 'not-a-model.onnx');
    await writeFile(notModel, 'hello');
    expect(() => runtime.createSession(notModel, { threads: 1 })).toThrow(
      expect.objectContaining({ code: 'model_invalid', message: expect.stringContaining(notModel) }),
    );
  });

  it('says where it looked for a library that is missing', () => {
    expect(() => findLibrary('linux', 'pdp11')).toThrow(
      expect.objectContaining({ code: 'part_missing', message: expect.stringContaining('pdp11') }),
    );
    expect(() => openRuntime({ libraryPath: path.join(folder, 'absent.so') })).toThrow(
      expect.objectContaining({ code: 'part_missing' }),
    );
  });
});
