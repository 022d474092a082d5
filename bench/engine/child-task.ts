import type { ExecutionProvider } from '@millrace/onnx';
import type { Point } from './points.ts';

/** What a child process is asked to measure, as JSON in its only argument. */
export interface ChildTask {
  readonly engine:
    | { readonly kind: 'millrace'; readonly modelDir: string; readonly provider?: ExecutionProvider }
    | { readonly kind: 'node-llama-cpp'; readonly installed: string; readonly modelPath: string };
  readonly threads: number;
  readonly point: Point;
}

/** What it answers. */
export interface ChildAnswer {
  readonly figure: number;
}
