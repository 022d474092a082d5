import type { JsonSchema } from '@millrace/stage';
import { encodeVocabulary } from '../pool/vocabulary.ts';
import { GrammarInstance } from '../pool/grammar-instance.ts';
import { fixtureTokenizerFile } from '../../text/tokenizer-fixture.ts';
import { createTokenizer } from '../../text/tokenizer.ts';
import { GrammarRules } from './grammar-rules.ts';
import { schemaExpression } from './schema-grammar.ts';

const tokenizer = createTokenizer(fixtureTokenizerFile());
const endToken = 2;
const maxTokens = 400;

/** For tests: answers that fit a schema, each token of them drawn from those that its grammar allows. */
export interface Answers {
  /** @returns undefined when it did not come to its end */
  draw(seed: number): Promise<string | undefined>;
  /** Whether a text is an answer. */
  accepts(text: string): Promise<boolean>;
  dispose(): void;
}

export function grammarOf(root: JsonSchema | boolean): string {
  const rules = new GrammarRules(200_000, 'schema');
  return rules.toGrammar(schemaExpression({ root, field: 'schema', param: 'response_format' }, rules));
}

export function loadFixtureInstance(): Promise<GrammarInstance> {
  const size = tokenizer.vocabularySize;
  return GrammarInstance.load(
    encodeVocabulary(size, (token) => tokenizer.tokenBytes(token), new Set([endToken])),
  );
}

export async function answersTo(instance: GrammarInstance, schema: JsonSchema | boolean): Promise<Answers> {
  const compiled = await instance.compile(grammarOf(schema));
  return {
    async draw(seed) {
      const matcher = await instance.matcher(compiled);
      try {
        const next = numbersFrom(seed);
        const tokens: number[] = [];
        while (tokens.length < maxTokens) {
          const token = pick(await matcher.nextMask(), next, tokens.length);
          if (token === endToken) return tokenizer.decode(tokens);
          if (!matcher.accept(token)) throw new Error('a token that the mask allows was refused');
          tokens.push(token);
        }
        return undefined;
      } finally {
        matcher.dispose();
      }
    },
    async accepts(text) {
      const matcher = await instance.matcher(compiled);
      try {
        const fits = [...tokenizer.encode(text)].every((token) => matcher.accept(token));
        return fits && matcher.accept(endToken);
      } finally {
        matcher.dispose();
      }
    },
    dispose: () => compiled.dispose(),
  };
}

/** Ends soon: the longer the answer, the rather a token that closes something. */
function pick(mask: Int32Array, next: () => number, length: number): number {
  const allowed = Array.from({ length: tokenizer.vocabularySize }, (_, token) => token).filter(
    (token) => (((mask[token >> 5] ?? 0) >>> (token & 31)) & 1) === 1,
  );
  if (allowed.length === 0) throw new Error('no token is allowed');
  const closing = allowed.filter(
    (token) => token === endToken || /^["}\],0-9nuletrfas]/u.test(tokenizer.decode([token])),
  );
  const from = closing.length > 0 && next() < length / 60 ? closing : allowed;
  return from[Math.floor(next() * from.length)] ?? endToken;
}

function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}
