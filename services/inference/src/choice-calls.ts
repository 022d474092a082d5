import type { ToolCall } from '@millrace/stage';
import type { Step } from './engine/generation.ts';
import type { ToolCallForm } from './grammar/tools/tool-call-form.ts';
import { ToolCallText } from './grammar/tools/tool-call-text.ts';

/** Tells the functions that a choice calls from its text. */
export class ChoiceCalls {
  readonly #text: ToolCallText | undefined;
  readonly #id: string;
  #ended = false;

  /**
   * @param form undefined where nothing is called: then all text is text
   * @param id what the ids of the calls begin with: the same in every attempt
   */
  constructor(form: ToolCallForm | undefined, id: string) {
    this.#text = form === undefined ? undefined : new ToolCallText(form);
    this.#id = id;
  }

  /** What of a step is shown as text. */
  shown(step: Step): string {
    if (this.#text === undefined) return step.text;
    const text = this.#text.push(step.text);
    if (step.kind !== 'finished' || step.reason === 'cancelled') return text;
    this.#ended = true;
    return text + this.#text.finish();
  }

  /** The calls, once the choice has come to its end. */
  get toolCalls(): readonly ToolCall[] {
    if (this.#text === undefined || !this.#ended) return [];
    return this.#text.calls.map((call, index) => ({
      id: `${this.#id}_${index}`,
      type: 'function',
      function: call,
    }));
  }
}
