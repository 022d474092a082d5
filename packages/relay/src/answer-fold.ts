import { MillraceError } from '@millrace/runtime';

export interface FoldedChunk {
  readonly attempt: number;
  /** Position of its first token among the generated ones. */
  readonly firstPosition: number;
  readonly tokenCount: number;
  readonly text: string;
}

/**
 * Puts the chunks of one or several attempts together to one text. An attempt goes on from a border between chunks; where it
 * says again what was said before, both are compared, and only what goes beyond is let through: never a splice.
 */
export class AnswerFold {
  #text = '';
  #attempt = 0;
  #position = 0;
  /** Where in the text the present attempt is. */
  #offset = 0;
  /** Whether what comes next may be said again from the start: what was said without tokens leaves the position at 0. */
  #mayStartOver = false;
  /** Token position to offset in the text, at the borders of chunks. */
  readonly #borders = new Map<number, number>();

  /** Whether the present attempt has said all that was said before. */
  get complete(): boolean {
    return this.#offset === this.#text.length;
  }

  /**
   * An attempt goes on from this position.
   *
   * @throws `engine_failed` when there is no border of chunks at the position
   */
  begin(attempt: number, firstPosition: number): void {
    if (attempt < this.#attempt) return;
    this.#attempt = attempt;
    this.#mayStartOver = firstPosition === 0;
    if (firstPosition === this.#position) return;
    const offset = firstPosition === 0 ? 0 : this.#borders.get(firstPosition);
    if (offset === undefined) throw broken();
    this.#position = firstPosition;
    this.#offset = offset;
    for (const position of this.#borders.keys()) {
      if (position > firstPosition) this.#borders.delete(position);
    }
  }

  /**
   * @returns the text that is new, which may be none
   * @throws `engine_failed` when the chunk does not follow, or says something else than was said before
   */
  chunk({ attempt, firstPosition, tokenCount, text }: FoldedChunk): string {
    if (attempt < this.#attempt) return '';
    if (attempt > this.#attempt) this.begin(attempt, firstPosition);
    if (firstPosition !== this.#position) throw broken();
    if (this.#mayStartOver) this.#offset = 0;
    this.#mayStartOver = false;
    const said = this.#text.slice(this.#offset, this.#offset + text.length);
    if (!text.startsWith(said)) throw broken();
    const fresh = text.slice(said.length);
    this.#text += fresh;
    this.#offset += text.length;
    this.#position += tokenCount;
    if (this.#position > 0) this.#borders.set(this.#position, this.#offset);
    return fresh;
  }
}

function broken(): MillraceError {
  return new MillraceError(
    'engine_failed',
    'The answer was started over and came out differently, so it cannot go on.',
  );
}
