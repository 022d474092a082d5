import type { Engine } from './engine/engine.ts';
import type { TokenBytes } from './engine/token-text.ts';
import type { PromptEncoder } from './prompt.ts';

/** A model that is loaded and warm. */
export interface LoadedModel {
  readonly engine: Engine;
  readonly encodePrompt: PromptEncoder;
  readonly tokenBytes: TokenBytes;
  /** Whether requests that name no model go to it. */
  readonly isDefault: boolean;
  close(): Promise<void>;
}
