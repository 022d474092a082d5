import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildAnswer, ChildTask } from './child-task.ts';

const childFile = fileURLToPath(new URL('child.ts', import.meta.url));

/** Runs a task in a process of its own, so that no engine has the memory or the threads of another beside it. */
export async function runChild(task: ChildTask): Promise<number> {
  const child = fork(childFile, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let answer: ChildAnswer | undefined;
  child.on('message', (message) => {
    answer = message as ChildAnswer;
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (answer !== undefined && code === 0) return answer.figure;
  throw new Error(
    `The ${task.engine.kind} process ended with ${signal ?? code} at the point "${task.point.kind}".`,
  );
}
