import type { Secret } from '@millrace/runtime';

/** An upstream that speaks the OpenAI API. */
export interface Provider {
  readonly name: string;
  readonly baseUrl: string;
  readonly key: Secret | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** More tries where an answer has not begun. */
  readonly retries: number;
  readonly maxConcurrency: number;
  readonly models: readonly ProviderModel[];
}

export interface ProviderModel {
  /** What clients ask for. */
  readonly name: string;
  /** What it is called upstream. */
  readonly upstream: string;
  /** Most tokens of prompt and answer. */
  readonly contextLength: number;
  readonly operations: readonly ('generate' | 'embed')[];
  readonly aliases: readonly string[];
}
