import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { openAiParameters } from '@millrace/endpoints';
import { expect, it } from 'vitest';

const resources = createRequire(import.meta.url)
  .resolve('openai')
  .replace(/index\.js$/u, 'resources/');

/** The parameters that the package for npm declares. */
function declaredIn(file: string, interfaceName: string): readonly string[] {
  const text = readFileSync(`${resources}${file}`, 'utf8');
  const start = text.indexOf(`export interface ${interfaceName} `);
  const body = text.slice(start, text.indexOf('\n}\n', start));
  return [...body.matchAll(/^ {4}(\w+)\??:/gmu)].map(([, name]) => name ?? '');
}

it.each([
  ['/v1/chat/completions', 'chat/completions/completions.d.ts', 'ChatCompletionCreateParamsBase', 30],
  ['/v1/completions', 'completions.d.ts', 'CompletionCreateParamsBase', 15],
  ['/v1/embeddings', 'embeddings.d.ts', 'EmbeddingCreateParams', 4],
  ['/v1/responses', 'responses/responses.d.ts', 'ResponseCreateParamsBase', 25],
])('every parameter of %s is taken or refused by its name', (path, file, interfaceName, least) => {
  const endpoint = openAiParameters.find((each) => each.path === path);
  const known = new Set([...Object.keys(endpoint?.taken ?? {}), ...Object.keys(endpoint?.refused ?? {})]);
  const declared = declaredIn(file, interfaceName);
  expect(declared.length).toBeGreaterThanOrEqual(least);
  expect(declared.filter((name) => !known.has(name))).toEqual([]);
});
