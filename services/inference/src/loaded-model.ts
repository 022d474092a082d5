import type { Operation } from '@millrace/stage';
import type { Engine } from './engine/engine.ts';
import type { TokenBytes } from './engine/token-text.ts';
import type { PromptEncoder } from './prompt.ts';
import type { TaskTemplates } from './tasks/task-templates.ts';

/** A model that is loaded and warm. */
export interface LoadedModel {
  readonly engine: Engine;
  readonly encodePrompt: PromptEncoder;
  readonly tokenBytes: TokenBytes;
  /** The tokens of a text as a whole answer: the end of the answer is the last of them, where the model has one. */
  readonly encodeAnswer: (text: string) => Int32Array;
  readonly tasks: TaskTemplates;
  /** What it can be asked for. */
  readonly operations: readonly Operation[];
  /** Whether requests that name no model go to it. */
  readonly isDefault: boolean;
  close(): Promise<void>;
}
