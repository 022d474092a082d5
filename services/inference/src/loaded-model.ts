import type { Engine } from './engine/engine.ts';
import type { PromptEncoder } from './prompt.ts';

/** A model that is loaded and warm. */
export interface LoadedModel {
  readonly engine: Engine;
  readonly encodePrompt: PromptEncoder;
  /** Whether requests that name no model go to it. */
  readonly isDefault: boolean;
  close(): Promise<void>;
}
