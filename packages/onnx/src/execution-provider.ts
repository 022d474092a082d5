import { existsSync } from 'node:fs';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import type { OrtApi, Pointer } from './ort-api.ts';

/** What can compute a graph. What a provider has no kernel for, the CPU computes. */
export const executionProviders = ['cpu', 'cuda', 'dml', 'coreml', 'webgpu'] as const;

export type ExecutionProvider = (typeof executionProviders)[number];

interface ProviderFacts {
  /** As `GetAvailableProviders` says it. */
  readonly ortName: string;
  /** As the generic function that appends it wants it; CUDA has a function of its own. */
  readonly appendedAs?: string;
  /** By platform: a library of its own, which the main one looks for beside itself. */
  readonly libraries?: Readonly<Record<string, string>>;
  /** Name of its memory, where tensors can be made in it and addressed in part. */
  readonly deviceMemory?: string;
}

const facts: Readonly<Record<ExecutionProvider, ProviderFacts>> = {
  cpu: { ortName: 'CPUExecutionProvider' },
  cuda: {
    ortName: 'CUDAExecutionProvider',
    libraries: { linux: 'libonnxruntime_providers_cuda.so', win32: 'onnxruntime_providers_cuda.dll' },
    deviceMemory: 'Cuda',
  },
  dml: { ortName: 'DmlExecutionProvider', appendedAs: 'DML' },
  coreml: { ortName: 'CoreMLExecutionProvider', appendedAs: 'CoreML' },
  webgpu: { ortName: 'WebGpuExecutionProvider', appendedAs: 'WebGPU' },
};

/** Name of the memory of the provider's device; undefined where its tensors have to be in the main memory. */
export function deviceMemoryOf(provider: ExecutionProvider): string | undefined {
  return facts[provider].deviceMemory;
}

/** Where the provider's own library is; undefined where it has none. */
export function providerLibrary(provider: ExecutionProvider, libraryPath: string): string | undefined {
  const name = facts[provider].libraries?.[process.platform];
  return name === undefined ? undefined : path.join(path.dirname(libraryPath), name);
}

/** The providers that are installed: ONNX Runtime also names those whose library is not there. */
export function installedProviders(
  named: readonly string[],
  libraryPath: string,
  exists: (file: string) => boolean = existsSync,
): readonly ExecutionProvider[] {
  return executionProviders.filter((provider) => {
    const library = providerLibrary(provider, libraryPath);
    return named.includes(facts[provider].ortName) && (library === undefined || exists(library));
  });
}

/** @throws MillraceError `config_invalid` naming those that are installed */
export function requireProvider(provider: ExecutionProvider, installed: readonly ExecutionProvider[]): void {
  if (installed.includes(provider)) return;
  throw new MillraceError(
    'config_invalid',
    `The execution provider ${provider} is not in the installed ONNX Runtime, which has ${installed.join(', ')}.`,
  );
}

/** Lets the provider compute what it can of the sessions made with these options. */
export function appendProvider(api: OrtApi, options: Pointer, provider: ExecutionProvider): void {
  const { appendedAs } = facts[provider];
  if (appendedAs !== undefined) api.appendProvider(options, appendedAs, null, null, 0);
  if (provider !== 'cuda') return;
  const cuda = api.createCudaOptions();
  try {
    api.appendCuda(options, cuda);
  } finally {
    api.releaseCudaOptions(cuda);
  }
}
