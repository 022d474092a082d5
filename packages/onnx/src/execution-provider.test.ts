import { describe, expect, it } from 'vitest';
import { installedProviders, requireProvider } from './execution-provider.ts';
import { openRuntime } from './runtime.ts';

const named = ['TensorrtExecutionProvider', 'CUDAExecutionProvider', 'CPUExecutionProvider'];

const among = (files: readonly string[]) =>
  installedProviders(named, '/lib/libonnxruntime.so.1', (file) => files.includes(file));

describe('the installed execution providers', () => {
  it.runIf(process.platform === 'linux')('are those whose library is there, not all that are named', () => {
    const cudaLibrary = '/lib/libonnxruntime_providers_cuda.so';
    expect(among([])).toEqual(['cpu']);
    expect(among([cudaLibrary])).toEqual(['cpu', 'cuda']);
  });

  it('of the library of this machine have the CPU among them', async () => {
    const runtime = openRuntime();
    expect(runtime.providers).toContain('cpu');
    await runtime.close();
  });

  it('are named where another one is wanted', () => {
    expect(() => requireProvider('cuda', ['cpu', 'webgpu'])).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        message: 'The execution provider cuda is not in the installed ONNX Runtime, which has cpu, webgpu.',
      }),
    );
    expect(() => requireProvider('cpu', ['cpu'])).not.toThrow();
  });
});
