import { createHash } from 'node:crypto';
import { MillraceError } from '@millrace/runtime';

/**
 * The text of an answer as it grows. What earlier attempts have published comes again from the engine when it goes on behind
 * their tokens; it is compared and not published twice.
 */
export interface AnswerText {
  /**
   * Takes text from the engine.
   *
   * @returns the part that was not published before
   * @throws `engine_failed` when the engine says something else than was published
   */
  accept(text: string): string;
  /** Length of the whole answer so far, in UTF-16 code units. */
  readonly length: number;
  /** SHA-256 of the whole answer in UTF-8, in hexadecimal. */
  digest(): string;
}

export function createAnswerText(published: string): AnswerText {
  let whole = published;
  let repeated = 0;
  return {
    accept(text) {
      const again = text.slice(0, published.length - repeated);
      if (!published.startsWith(again, repeated)) {
        throw new MillraceError(
          'engine_failed',
          'The engine did not repeat what it had published of this answer.',
          { retryable: false },
        );
      }
      repeated += again.length;
      const fresh = text.slice(again.length);
      whole += fresh;
      return fresh;
    },
    get length() {
      return whole.length;
    },
    digest: () => createHash('sha256').update(whole, 'utf8').digest('hex'),
  };
}
