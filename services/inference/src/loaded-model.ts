import type { Operation } from '@millrace/stage';
import type { Engine } from './engine/engine.ts';
import type { TokenBytes } from './engine/token-text.ts';
import type { GrammarPool } from './grammar/pool/grammar-pool.ts';
import type { ToolCallForm } from './grammar/tools/tool-call-form.ts';
import type { PromptEncoder } from './prompt.ts';
import type { TaskTemplates } from './tasks/task-templates.ts';

/** A model that is loaded and warm. */
export interface LoadedModel {
  readonly engine: Engine;
  /** Other names that it goes by in requests. */
  readonly aliases?: readonly string[] | undefined;
  /** What computes it: `cpu`, `cuda` and so on. */
  readonly executionProvider: string;
  readonly encodePrompt: PromptEncoder;
  readonly tokenBytes: TokenBytes;
  /** The tokens of a text as a whole answer: the end of the answer is the last of them, where the model has one. */
  readonly encodeAnswer: (text: string) => Int32Array;
  readonly tasks: TaskTemplates;
  /** What it can be asked for. */
  readonly operations: readonly Operation[];
  /** The forms that its answers can be held to; undefined where they are free text. */
  readonly grammars?: GrammarPool | undefined;
  /** How it calls functions; undefined where it cannot. */
  readonly toolCalls?: ToolCallForm | undefined;
  /** Whether requests that name no model go to it. */
  readonly isDefault: boolean;
  close(): Promise<void>;
}
