import { defaultPiiPolicy, type GeneratedTexts, type PiiPolicy } from '@millrace/pii-policy';
import type { ResultChunk } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { SealingBox } from '@millrace/sealing';
import { openContent, readResults, type StageDependencies, type ToolCall } from '@millrace/stage';
import { AnswerFold } from './answer-fold.ts';

/** What a model has generated for a request, and the policy that goes with it. */
export interface Generated extends GeneratedTexts {
  readonly policy: PiiPolicy;
  /** Whether it is no text of a model but figures, and labels that the client has written. */
  readonly isFigures: boolean;
}

/**
 * Reads what was generated for a request from its results, as it stands there: nothing is looked through or restored. Where an attempt
 * said something else than the one before, it is what readers got: the texts up to there.
 *
 * @returns undefined where the results are gone
 * @throws `key_erased`, `decryption_failed`, `unavailable`
 */
export async function readGenerated(
  dependencies: Pick<StageDependencies, 'bus' | 'codec' | 'sealing'>,
  { requestId, tenant }: { readonly requestId: string; readonly tenant: string },
): Promise<Generated | undefined> {
  let box: SealingBox | undefined;
  let policy = defaultPiiPolicy;
  let isFigures = false;
  const choices = new Map<number, GeneratedChoice>();
  const choiceOf = (index: number): GeneratedChoice => {
    const choice = choices.get(index) ?? new GeneratedChoice();
    choices.set(index, choice);
    return choice;
  };
  try {
    for await (const { record } of readResults(dependencies, requestId)) {
      if (record.opened !== null)
        box = await dependencies.sealing.forUser(tenant, record.opened.principal.user_id);
      // The oldest goes first: without its beginning it is not whole.
      if (box === undefined) return undefined;
      if (record.kind === 'ATTEMPT') choiceOf(record.choice).begin(record);
      else if (record.kind === 'MASKED' && record.content !== null) {
        const masked = openContent(box, requestId, 'masked', record.content);
        policy = masked.policy ?? defaultPiiPolicy;
        isFigures = masked.is_figures === true;
      } else if (record.kind === 'CHUNK' && record.content !== null)
        choiceOf(record.choice).add(record, box, requestId);
    }
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'engine_failed')) throw error;
  }
  if (box === undefined) return undefined;
  const all = [...choices.values()];
  return {
    policy,
    isFigures,
    texts: all.map(({ text }) => text),
    callArguments: all.flatMap(({ calls }) => calls.map((call) => call.function.arguments)),
  };
}

class GeneratedChoice {
  readonly #fold = new AnswerFold();
  text = '';
  calls: readonly ToolCall[] = [];

  /** @throws `engine_failed` */
  begin({ attempt, first_position: firstPosition }: ResultChunk): void {
    this.#fold.begin(attempt, firstPosition);
  }

  /** @throws `engine_failed` */
  add(record: ResultChunk, box: SealingBox, requestId: string): void {
    const { attempt, first_position: firstPosition, token_count: tokenCount, content } = record;
    const { text, tool_calls: calls = [] } = openContent(box, requestId, 'chunk', content as Uint8Array);
    this.text += this.#fold.chunk({ attempt, firstPosition, tokenCount, text });
    if (this.calls.length === 0) this.calls = calls;
  }
}
