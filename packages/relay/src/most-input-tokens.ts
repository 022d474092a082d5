import type { RequestContent } from '@millrace/stage';

/** A token has at least a byte of the text that it stands for, and the template of a chat adds a few of its own. */
const tokensOfTemplate = 64;
const tokensOfMessage = 16;
/** What the instructions of a task take for each text. */
const tokensOfTask = 256;

/**
 * How many tokens the input has at most, whatever the model's tokenizer: what has to be held in reserve before anybody has counted.
 * A tokenizer that works on bytes gives no more tokens than there are bytes.
 */
export function mostInputTokens(content: RequestContent): number {
  const frames = tokensOfMessage * content.messages.length + tokensOfTask * (content.task?.texts.length ?? 0);
  return tokensOfTemplate + frames + Buffer.byteLength(JSON.stringify(content));
}
