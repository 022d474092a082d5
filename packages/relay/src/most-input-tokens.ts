import type { Generation } from './submission.ts';

/** A token has at least a byte of the text that it stands for, and the template of a chat adds a few of its own. */
const tokensOfTemplate = 64;
const tokensOfMessage = 16;
/** What the instructions of a task take for each text. */
const tokensOfTask = 256;

/**
 * How many tokens the input has at most, whatever the model's tokenizer: what has to be held in reserve before anybody has counted.
 * A tokenizer that works on bytes gives no more tokens than there are bytes. A prompt counts once, whatever the number of choices.
 *
 * @param contextLength that of the model, in tokens, which no prompt can pass
 */
export function mostInputTokens({ content, parameters }: Generation, contextLength: number): number {
  const { messages, task } = content;
  const frames =
    tokensOfTemplate + tokensOfMessage * messages.length + tokensOfTask * (task?.texts.length ?? 0);
  const bytes = Buffer.byteLength(JSON.stringify(content)) + frames;
  return Math.min(bytes, task === undefined ? contextLength : contextLength * parameters.n);
}
