import { Worker } from 'node:worker_threads';
import type { AnalysisOptions } from '../entities/analyzer.ts';
import { nameTypes, type Entity } from '../entities/entity.ts';
import { InvalidPattern } from '../entities/own-patterns.ts';
import { piecesIn } from '../entities/pieces.ts';
import { classifyTexts, type Classified, type TokenClassifier } from '../names/token-classifier.ts';
import type { AnalysisRequest, AnalysisResponse } from './messages.ts';

/** Analyses texts off the event loop, names included. */
export interface AnalyzerPool {
  /**
   * @throws `InvalidPattern`, `AnalyzerBusy`, `AnalyzerFailed`; the reason of the signal when it is aborted
   */
  analyze(text: string, options?: AnalysisOptions, signal?: AbortSignal): Promise<readonly Entity[]>;
  /** Ends the thread; who waits gets `AnalyzerFailed`. */
  stop(): Promise<void>;
}

export interface AnalyzerPoolOptions {
  /** Most texts that wait or are looked at; 64 by default. */
  readonly mostWaiting?: number;
  /** Finds names in the place of rules, before the thread looks at a text. */
  readonly classifier?: TokenClassifier | undefined;
}

/** As many texts wait as may. */
export class AnalyzerBusy extends Error {}

/** The thread ended, or could not look at a text. The message does not hold it. */
export class AnalyzerFailed extends Error {}

interface Waiting extends PromiseWithResolvers<readonly Entity[]> {
  readonly stopListening: () => void;
}

/**
 * A thread that starts with the first text, and again if it should end. The lexicon of names costs it some 60 MB and 200 ms.
 */
export function createAnalyzerPool({ mostWaiting = 64, classifier }: AnalyzerPoolOptions = {}): AnalyzerPool {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let lastId = 0;
  const stopping = new AbortController();

  const settle = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    waiting.delete(id);
    found?.stopListening();
    return found;
  };

  const take = (response: AnalysisResponse): void => {
    const asked = settle(response.id);
    if (response.kind === 'found') asked?.resolve(response.entities);
    else if (response.kind === 'refused') asked?.reject(new InvalidPattern(response.message));
    else if (response.kind === 'failed')
      asked?.reject(new AnalyzerFailed(`The analysis failed: ${response.name}`));
  };

  const failAll = (cause?: unknown): void => {
    for (const id of waiting.keys())
      settle(id)?.reject(new AnalyzerFailed('The thread of the analysis ended', { cause }));
  };

  const fail = (ended: Worker, cause?: unknown): void => {
    if (worker !== ended) return;
    worker = undefined;
    failAll(cause);
  };

  const start = (): Worker => {
    const started = new Worker(new URL('analyzer-worker.ts', import.meta.url), {
      stdout: true,
      stderr: true,
    });
    started.unref();
    // What is printed could quote a text.
    started.stdout.resume();
    started.stderr.resume();
    started.on('message', take);
    started.on('error', (error) => fail(started, error));
    started.on('exit', () => fail(started));
    return started;
  };

  return {
    async analyze(text, options = {}, signal) {
      signal?.throwIfAborted();
      if (stopping.signal.aborted) throw new AnalyzerFailed('The analysis was stopped');
      if (waiting.size >= mostWaiting) throw new AnalyzerBusy(`${mostWaiting} texts wait already`);
      const id = (lastId += 1);
      const cancelled = new Int32Array(new SharedArrayBuffer(4));
      const outcome = Promise.withResolvers<readonly Entity[]>();
      const cancel = (): void => {
        Atomics.store(cancelled, 0, 1);
        settle(id)?.reject(signal?.reason);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      waiting.set(id, { ...outcome, stopListening: () => signal?.removeEventListener('abort', cancel) });
      const post = (classified?: Classified): void => {
        // Meanwhile it may have been cancelled, or the pool stopped.
        if (!waiting.has(id)) return;
        worker ??= start();
        const request: AnalysisRequest = { id, text, options, classified, cancelled };
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        worker.postMessage(request);
      };
      if (classifier === undefined || !mayHaveNames(options)) post();
      else {
        const ended = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]);
        classifyTexts(classifier, piecesIn(text), ended).then(post, (cause: unknown) =>
          settle(id)?.reject(new AnalyzerFailed('The model of names failed', { cause })),
        );
      }
      return outcome.promise;
    },
    async stop() {
      stopping.abort();
      const running = worker;
      worker = undefined;
      failAll();
      await running?.terminate();
    },
  };
}

function mayHaveNames({ types }: AnalysisOptions): boolean {
  return types === undefined || nameTypes.some((type) => types.includes(type));
}
