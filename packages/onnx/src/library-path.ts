import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';

const fileNames: Readonly<Record<string, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/**
 * Where `onnxruntime-node` has put the ONNX Runtime library for this platform.
 *
 * @throws MillraceError `part_missing` if the package or its library for this platform is not there
 */
export function findLibrary(
  platform: string = process.platform,
  architecture: string = process.arch,
): string {
  const fileName = fileNames[platform];
  if (fileName === undefined) {
    throw new MillraceError('part_missing', `ONNX Runtime has no library for the platform ${platform}.`);
  }
  const libraryPath = path.join(packageFolder(), 'bin', 'napi-v6', platform, architecture, fileName);
  if (!existsSync(libraryPath)) {
    throw new MillraceError(
      'part_missing',
      `The ONNX Runtime library is missing: looked for ${libraryPath}.`,
    );
  }
  return libraryPath;
}

function packageFolder(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    return path.dirname(manifest);
  } catch (error) {
    throw new MillraceError('part_missing', 'The package onnxruntime-node is not installed.', {
      cause: error,
    });
  }
}
