import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import type {
  CompiledGrammar,
  Grammar,
  GrammarCompiler,
  GrammarMatcher,
  TokenizerInfo,
} from '@mlc-ai/web-xgrammar';

export type { CompiledGrammar, GrammarCompiler, GrammarMatcher, TokenizerInfo };

/** What is used of xgrammar. Objects live in WebAssembly memory until they are disposed of. */
export interface Xgrammar {
  readonly TokenizerInfo: Pick<typeof TokenizerInfo, 'createTokenizerInfo'>;
  readonly Grammar: Pick<typeof Grammar, 'fromEBNF'>;
  readonly GrammarCompiler: Pick<typeof GrammarCompiler, 'createGrammarCompiler'>;
  readonly GrammarMatcher: Pick<typeof GrammarMatcher, 'createGrammarMatcher'>;
}

/** Not every host of evaluated code can import; what is imported can be required as well. */
const dynamicImport = ["await import('", "')"].join('module');

/**
 * Loads a fresh instance of `@mlc-ai/web-xgrammar`, with memory of its own. Its file is CommonJS, though its package says that it is
 * an ES module, so `import` gives an empty one: the file is evaluated as what it is.
 */
export async function loadXgrammar(): Promise<Xgrammar> {
  const file = fileURLToPath(import.meta.resolve('@mlc-ai/web-xgrammar'));
  const source = await readFile(file, 'utf8');
  if (!source.includes(dynamicImport)) throw new Error(`${file} is not the version that is known`);
  const evaluate = compileFunction(
    source.replaceAll(dynamicImport, "require('node:module')"),
    ['module', 'exports', 'require', '__filename', '__dirname'],
    { filename: file },
  ) as (...parameters: readonly unknown[]) => void;
  const module = { exports: {} as Xgrammar };
  evaluate(module, module.exports, createRequire(file), file, dirname(file));
  return module.exports;
}
