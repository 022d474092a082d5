import { MillraceError } from '@millrace/runtime';
import type { RequestContent } from '@millrace/stage';
import { answerGrammar } from './grammar/answer-grammar.ts';
import type { GrammarLease } from './grammar/pool/grammar-pool.ts';
import type { LoadedModel } from './loaded-model.ts';

/**
 * What binds the answer to a form, compiled; undefined for free text, and when the signal is aborted, as nothing is generated then.
 * Whoever gets it releases it.
 *
 * @throws `unsupported_value` with the field that asks for what this model or its grammars cannot enforce
 */
export async function constraintOf(
  { engine, grammars, toolCalls }: Pick<LoadedModel, 'engine' | 'grammars' | 'toolCalls'>,
  content: Pick<RequestContent, 'response_format' | 'tools' | 'tool_choice'>,
  signal: AbortSignal,
): Promise<GrammarLease | undefined> {
  const form = answerGrammar(content, engine.card.name, toolCalls);
  if (form === undefined) return undefined;
  const { grammar, param } = form;
  if (grammars === undefined) {
    throw new MillraceError('unsupported_value', `The model ${engine.card.name} only answers in free text`, {
      param,
    });
  }
  try {
    return await grammars.lease(grammar, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof MillraceError) || error.code !== 'engine_failed') throw error;
    throw new MillraceError('unsupported_value', `${param} is too large to be enforced`, {
      param,
      cause: error,
    });
  }
}
