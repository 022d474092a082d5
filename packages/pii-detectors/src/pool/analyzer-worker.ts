import { parentPort } from 'node:worker_threads';
import { AnalysisCancelled, createAnalyzer } from '../entities/analyzer.ts';
import { InvalidPattern } from '../entities/own-patterns.ts';
import type { Recognizer } from '../entities/recognizer.ts';
import { createNameRecognizer } from '../names/name-recognizer.ts';
import { foundBy } from '../names/token-classifier.ts';
import type { AnalysisRequest, AnalysisResponse } from './messages.ts';

// The thread of an `AnalyzerPool`: analyses one text after the other.
let rules: Recognizer | undefined;

parentPort?.on('message', (request: AnalysisRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(answer(request));
});

function answer({ id, text, options, classified, cancelled }: AnalysisRequest): AnalysisResponse {
  try {
    const names =
      classified === undefined
        ? { more: [(rules ??= createNameRecognizer())] }
        : { classified: foundBy(classified) };
    const analyze = createAnalyzer({ ...options, ...names });
    return { id, kind: 'found', entities: analyze(text, () => Atomics.load(cancelled, 0) !== 0) };
  } catch (error) {
    if (error instanceof AnalysisCancelled) return { id, kind: 'cancelled' };
    if (error instanceof InvalidPattern) return { id, kind: 'refused', message: error.message };
    // What it says might quote the text.
    return { id, kind: 'failed', name: error instanceof Error ? error.name : typeof error };
  }
}
