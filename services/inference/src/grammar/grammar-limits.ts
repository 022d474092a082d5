/** A grammar of answers, and the field that asks for it. */
export interface AnswerGrammar {
  /** In xgrammar's EBNF. */
  readonly grammar: string;
  readonly param: string;
}

/** Compiling a grammar takes time and memory in proportion to its size. */
export const maxGrammarBytes = 200_000;
