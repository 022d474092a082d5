import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const module = JSON.stringify(new URL('end-with-parent.mjs', import.meta.url).href);
const program = `
  import { endWithParent } from ${module};
  endWithParent();
  process.on('SIGTERM', () => { console.log('told to end'); process.exit(); });
  setInterval(() => {}, 1_000);
  console.log('runs');
`;

it('tells a process to end whose parent was killed', async () => {
  // The second command keeps the shell from giving its place to the first.
  const shell = spawn('sh', ['-c', '"$0" --input-type=module --eval "$1"; :', process.execPath, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  shell.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  await once(shell.stdout, 'data');
  shell.kill('SIGKILL');
  // Open as long as the process has it.
  await once(shell, 'close');
  expect(output).toBe('runs\ntold to end\n');
});
