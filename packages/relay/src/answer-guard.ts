import {
  createMasker,
  createOutputGuard,
  createRestorer,
  defaultPiiPolicy,
  detectorOf,
  keyedHash,
  mayHoldForms,
  needsNames,
  needsSentences,
  type OutputGuard,
} from '@millrace/pii-policy';
import type { MaskedContent, ToolCall } from '@millrace/stage';
import { restoreToolCalls } from './restore-tool-calls.ts';

/** What personal data in an answer comes to on its way out. */
export interface AnswerGuard {
  /** For the text of one choice. */
  text(): OutputGuard;
  /** Calls as their reader sees them. @throws `ContentBlocked` */
  toolCalls(calls: readonly ToolCall[]): readonly ToolCall[];
}

/** @param masked what was done on the way in; undefined: nothing, and the policy is the default */
export function createAnswerGuard(masked: MaskedContent | undefined): AnswerGuard {
  const policy = masked?.policy ?? defaultPiiPolicy;
  const known = new Map(Object.entries(masked?.mapping ?? {}));
  const originals: ReadonlyMap<string, string> = policy.restore ? known : new Map();
  const hasNames = needsNames(policy, 'output');
  const bySentence = needsSentences(policy);
  const detect = detectorOf(policy, 'output', { names: hasNames });
  const isPlain = !hasNames && policy.patterns.length === 0;
  /** One for all choices: a value has the same placeholder in all of them. */
  const masker = createMasker({
    policy,
    direction: 'output',
    detect,
    known,
    taken: () => false,
    hash: keyedHash(Buffer.from(masked?.hash_key ?? '', 'base64')),
  });

  if (masked?.is_figures === true) {
    return {
      text: () => unchanged(originals),
      toolCalls: (calls) => calls,
    };
  }
  return {
    text: () =>
      createOutputGuard({
        masker,
        detect,
        bySentence,
        originals,
        ...(isPlain ? { mayHold: mayHoldForms } : {}),
      }),
    toolCalls: (calls) => restoreToolCalls(calls, originals, (text) => masker.mask(text)),
  };
}

/** For what no model has written: only what stands for something of the client's is put back. */
function unchanged(originals: ReadonlyMap<string, string>): OutputGuard {
  const restorer = createRestorer(originals, { isJson: true });
  let settled = 0;
  return {
    push(text) {
      settled += text.length;
      return restorer.push(text);
    },
    flush: () => restorer.flush(),
    get settled() {
      return settled;
    },
    isChanged: () => false,
  };
}
