import type { EncodedVocabulary } from './vocabulary.ts';
import { loadXgrammar, type CompiledGrammar, type GrammarCompiler, type Xgrammar } from './xgrammar.ts';
import { AnswerMatcher } from './answer-matcher.ts';
import { Utf8Filter } from './utf8-filter.ts';

/** One instance of xgrammar with the vocabulary of a model. An error within it ends it: WebAssembly is aborted. */
export class GrammarInstance {
  readonly #library: Xgrammar;
  readonly #compiler: GrammarCompiler;
  readonly #utf8: Utf8Filter;

  private constructor(library: Xgrammar, compiler: GrammarCompiler, vocabulary: EncodedVocabulary) {
    this.#library = library;
    this.#compiler = compiler;
    this.#utf8 = new Utf8Filter(vocabulary);
  }

  static async load(vocabulary: EncodedVocabulary): Promise<GrammarInstance> {
    const { tokens, endTokens } = vocabulary;
    const library = await loadXgrammar();
    const information = await library.TokenizerInfo.createTokenizerInfo(
      [...tokens],
      'byte_level',
      false,
      tokens.length,
      [...endTokens],
    );
    // Its own cache has no bound.
    const compiler = await library.GrammarCompiler.createGrammarCompiler(information, false);
    information.dispose();
    return new GrammarInstance(library, compiler, vocabulary);
  }

  /** @param grammar in xgrammar's EBNF, its first rule `root` */
  async compile(grammar: string): Promise<CompiledGrammar> {
    const parsed = await this.#library.Grammar.fromEBNF(grammar);
    try {
      return await this.#compiler.compileGrammar(parsed);
    } finally {
      parsed.dispose();
    }
  }

  async matcher(compiled: CompiledGrammar): Promise<AnswerMatcher> {
    return new AnswerMatcher(await this.#library.GrammarMatcher.createGrammarMatcher(compiled), this.#utf8);
  }
}
