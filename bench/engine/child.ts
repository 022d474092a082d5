/** Measures one engine at one point and sends the figure to the parent process: `child.ts TASK`, see `child-task.ts`. */
import type { ChildAnswer, ChildTask } from './child-task.ts';
import { measure } from './measure.ts';
import { createMillraceSubject } from './millrace-subject.ts';
import { createNodeLlamaCppSubject } from './node-llama-cpp-subject.ts';

const { engine, threads, point } = JSON.parse(process.argv[2] ?? '') as ChildTask;
const subject = await (engine.kind === 'millrace'
  ? createMillraceSubject({ ...engine, threads }, point)
  : createNodeLlamaCppSubject({ ...engine, threads }, point));
try {
  const answer: ChildAnswer = { figure: await measure(subject, point) };
  process.send?.(answer);
} finally {
  await subject.close();
  process.disconnect();
}
