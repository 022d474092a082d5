import { createEngine, createOnnxRunner, loadTokenizer, neutralSampling } from '@millrace/inference';
import type { ExecutionProvider } from '@millrace/onnx';
import { systemClock } from '@millrace/runtime';
import { roomFor, type Point } from './points.ts';
import type { Subject } from './subject.ts';

export interface MillraceSubjectOptions {
  readonly modelDir: string;
  readonly threads: number;
  /** Default `cpu`. */
  readonly provider?: ExecutionProvider;
}

/** Millrace's engine on a converted model, with the text of each token made, as for a client. */
export async function createMillraceSubject(
  { modelDir, threads, provider = 'cpu' }: MillraceSubjectOptions,
  point: Point,
): Promise<Subject> {
  const { sequences, contextLength } = roomFor(point);
  const tokenizer = await loadTokenizer(modelDir);
  const engine = createEngine({
    name: 'bench',
    version: '1',
    runner: await createOnnxRunner({ modelDir, threads, provider, slots: sequences, contextLength }),
    tokenBytes: (token) => tokenizer.tokenBytes(token),
    endTokens: new Set(),
    clock: systemClock,
  });
  return {
    async *generate(promptTokens, maxTokens) {
      const steps = engine.generate({
        ...neutralSampling,
        requestId: 'bench',
        cacheScope: 'bench',
        priority: 'NORMAL',
        promptTokens: Int32Array.from(promptTokens),
        continuation: new Int32Array(),
        maxTokens,
        temperature: 0,
        seed: 0n,
        reproducible: false,
        stop: [],
        signal: new AbortController().signal,
      });
      for await (const step of steps) if (step.kind === 'tokens') yield step.tokens;
    },
    close: () => engine.stop(),
  };
}
