/** What a command has to say. */
export interface Outcome {
  /** For a person; ends with a line break. */
  readonly text: string;
  /** The same for a program. */
  readonly json: object;
  /** Whether all is as it should be. */
  readonly isGood: boolean;
  /** Everything was written while the command ran: nothing more is. */
  readonly isWritten?: true;
}
