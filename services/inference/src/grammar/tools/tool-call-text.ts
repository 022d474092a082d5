import type { ToolCallForm } from './tool-call-form.ts';

/** A call as the model wrote it. */
export interface WrittenCall {
  readonly name: string;
  /** JSON text of an object. */
  readonly arguments: string;
}

/** Takes the calls out of the text of an answer as it comes. The same text gives the same, however it is cut. */
export class ToolCallText {
  readonly #form: ToolCallForm;
  /** What has not been shown yet: it may be, or is, a call. */
  #held = '';
  readonly calls: WrittenCall[] = [];

  constructor(form: ToolCallForm) {
    this.#form = form;
  }

  /** @returns the text that is no call */
  push(text: string): string {
    this.#held += text;
    const { begin, end } = this.#form;
    let shown = '';
    for (;;) {
      const start = this.#held.indexOf(begin);
      if (start === -1) {
        const kept = overlap(this.#held, begin);
        shown += this.#held.slice(0, this.#held.length - kept);
        this.#held = this.#held.slice(this.#held.length - kept);
        return shown;
      }
      shown += this.#held.slice(0, start);
      this.#held = this.#held.slice(start);
      const stop = this.#held.indexOf(end);
      if (stop === -1) return shown;
      const written = this.#held.slice(0, stop + end.length);
      const call = parseCall(written.slice(begin.length, -end.length));
      if (call === undefined) shown += written;
      else this.calls.push(call);
      this.#held = this.#held.slice(written.length);
    }
  }

  /** @returns what is left when no text follows: a call that was cut off is shown as it is */
  finish(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** How much of the end of a text may be the beginning of a mark. */
function overlap(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}

function parseCall(text: string): WrittenCall | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, arguments: given } = value as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof given !== 'object' || given === null) return undefined;
  return { name, arguments: JSON.stringify(given) };
}
