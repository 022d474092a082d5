import type { TaskContent } from '@millrace/stage';
import type { Generation } from './submission.ts';

/** A token has at least a byte of the text that it stands for, and the template of a chat adds a few of its own. */
const tokensOfTemplate = 64;
const tokensOfMessage = 16;
/** What the instructions of a task take for each text. */
const tokensOfTask = 256;
/** What stands around a label: a line of the prompt, the end of an answer. */
const tokensOfLabel = 8;

/**
 * How many tokens the input has at most, whatever the model's tokenizer: what has to be held in reserve before anybody has counted.
 * A tokenizer that works on bytes gives no more tokens than there are bytes. A prompt counts once, whatever the number of choices.
 *
 * @param contextLength that of the model, in tokens, which no prompt can pass
 */
export function mostInputTokens({ content }: Generation, contextLength: number): number {
  const { messages, task } = content;
  if (task !== undefined) return mostTokensOfTask(task, contextLength);
  const bytes = Buffer.byteLength(JSON.stringify(content));
  return Math.min(bytes + tokensOfTemplate + tokensOfMessage * messages.length, contextLength);
}

/** What belongs to all texts stands in the prompt of each; the labels are scored behind each, too, beyond its prompt. */
function mostTokensOfTask({ texts, ...rest }: TaskContent, contextLength: number): number {
  const { labels = [] } = rest;
  const frame = Buffer.byteLength(JSON.stringify(rest)) + tokensOfTask + tokensOfLabel * labels.length;
  const scored = labels.reduce((sum, label) => sum + Buffer.byteLength(label) + tokensOfLabel, 0);
  return texts.reduce(
    (sum, text) => sum + Math.min(Buffer.byteLength(text) + frame, contextLength) + scored,
    0,
  );
}
