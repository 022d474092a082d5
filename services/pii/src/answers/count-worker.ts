import { parentPort } from 'node:worker_threads';
import { countGenerated } from '@millrace/pii-policy';
import type { CountAnswer, CountTask } from './count-messages.ts';

/** Entry of the thread that counts what is found in answers. */
function answer({ policy, generated }: CountTask): CountAnswer {
  try {
    return { counts: countGenerated(policy, generated) };
  } catch (error) {
    return { failed: error instanceof Error ? error.name : typeof error };
  }
}

const port = parentPort;
if (port !== null) {
  port.on('message', (task: CountTask) => {
    const answered = answer(task);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    port.postMessage(answered);
  });
}
