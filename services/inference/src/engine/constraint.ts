/** Which tokens may come next: bit `token % 32` of word `token / 32`. */
export type TokenMask = Int32Array;

/** Holds one answer to a form, token by token. */
export interface Constraint {
  /** Takes the next token of the answer, drawn now or by an earlier attempt; never the end token. */
  accept(token: number): void;
  /**
   * Which tokens may follow; the end token is among them only where the answer can end.
   *
   * @throws MillraceError engine_failed when a token was accepted that may not stand there, or the mask cannot be made
   */
  nextMask(): Promise<TokenMask>;
  /** Gives its memory back. */
  close(): void;
}

/** The form of an answer. */
export interface AnswerForm {
  /** Begins an answer. The caller closes the constraint. */
  start(): Constraint;
}
