/** Digits with at most one separator between them. */
export interface DigitRun {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
}

const run = /(?<![\p{L}\p{N}_.,/-])\d(?:[ -]?\d){5,40}(?![\p{L}\p{N}_])/gu;

/** The runs of digits of a text that could be a number of a card: not parts of words, dates, decimals or longer runs. */
export function* digitRuns(text: string): Generator<DigitRun> {
  for (const match of text.matchAll(run)) {
    yield { start: match.index, end: match.index + match[0].length, digits: match[0].replace(/[ -]/g, '') };
  }
}
