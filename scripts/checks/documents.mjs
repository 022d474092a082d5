import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../setup/set-up.mjs';

// What the documents point at is there: files that they link to, and paths that they name in code spans.
const places = 'packages|services|tests|bench|scripts|infra|docs|schemas|examples|models';
const link = /\]\(([^)#\s]+)(?:#[^)\s]*)?\)/gu;
const namedPath = new RegExp(`\`((?:${places})/[^\`\\s<>:…]+)\``, 'gu');
/** Made when they are asked for. */
const made = new Set(['packages/client/dist']);

const documents = globSync('**/*.md', {
  cwd: root,
  exclude: ['**/node_modules/**', 'packages/client/dist/**'],
});
const problems = documents.flatMap((document) => {
  const text = readFileSync(join(root, document), 'utf8');
  const links = [...text.matchAll(link)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/u.test(target))
    .filter((target) => !existsSync(join(root, dirname(document), target)));
  const paths = [...text.matchAll(namedPath)]
    .map(([, path]) => path.replace(/[.,;]$/u, ''))
    .filter((path) => !made.has(path) && !existsSync(join(root, path)) && missing(path));
  return [...links, ...paths].map((target) => `${document}: ${target} is not there`);
});

/** Whether a pattern, or one of those that braces stand for, finds nothing. */
function missing(path) {
  const braces = /\{([^{}]*)\}/u.exec(path);
  if (braces === null) return globSync(path, { cwd: root }).length === 0;
  return braces[1].split(',').some((each) => missing(path.replace(braces[0], each)));
}

for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
