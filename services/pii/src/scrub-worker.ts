import { parentPort } from 'node:worker_threads';
import { MillraceError } from '@millrace/runtime';
import { refusalOf } from './refusal.ts';
import { scrubClassified } from './scrub-classified.ts';
import { scrub } from './scrub.ts';
import type { ScrubAnswer, ScrubTask } from './scrub-messages.ts';

/** Entry of a thread that scrubs what would hold up the others. */
function answer({ content, options, classified }: ScrubTask): ScrubAnswer {
  try {
    return classified === undefined ? scrub(content, options) : scrubClassified(content, options, classified);
  } catch (error) {
    if (error instanceof MillraceError) return { refused: refusalOf(error) };
    throw error;
  }
}

const port = parentPort;
if (port !== null) {
  port.on('message', (task: ScrubTask) => {
    const answered = answer(task);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    port.postMessage(answered);
  });
}
