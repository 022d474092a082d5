import path from 'node:path';
import type { LlamaCpp } from './build-llama-cpp.ts';
import type { Point } from './points.ts';
import { runCommand } from './run-command.ts';

interface NativeTask {
  readonly llamaCpp: LlamaCpp;
  readonly modelPath: string;
  readonly threads: number;
}

/** The figure of llama.cpp's own tools, each with its own warm-up; undefined for the first token under load, which none measures. */
export async function measureNative(task: NativeTask, point: Point): Promise<number | undefined> {
  switch (point.kind) {
    case 'decode':
      return decode(task, point.batch);
    case 'prefill':
      return prefill(task);
    case 'first token':
      return undefined;
  }
}

/** As many tokens as the engines decode: 64 for each sequence, behind a prompt of 60. */
async function decode({ llamaCpp, modelPath, threads }: NativeTask, batch: number): Promise<number> {
  const sizes = ['-npp', '60', '-ntg', '64', '-npl', String(batch), '-c', String(batch * 256)];
  const args = ['-m', modelPath, '-t', String(threads), ...sizes, '--output-format', 'jsonl'];
  const stdout = await runCommand(path.join(llamaCpp.binaries, 'llama-batched-bench'), args, { quiet: true });
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  return (JSON.parse(line ?? '{}') as { speed_tg?: number }).speed_tg ?? missing();
}

async function prefill({ llamaCpp, modelPath, threads }: NativeTask): Promise<number> {
  const sizes = ['-p', '512', '-n', '0', '-r', '1'];
  const args = ['-m', modelPath, '-t', String(threads), ...sizes, '-o', 'json'];
  const stdout = await runCommand(path.join(llamaCpp.binaries, 'llama-bench'), args, { quiet: true });
  return (JSON.parse(stdout) as { avg_ts?: number }[])[0]?.avg_ts ?? missing();
}

function missing(): never {
  throw new Error('llama.cpp printed no figure.');
}
