import { createHash } from 'node:crypto';
import { readSampling } from './read-sampling.ts';
import type { Generation } from './submission.ts';

/** The same for the same request, whatever order its fields came in. */
export function payloadHash(generation: Generation): string {
  const { model, content, parameters, seed } = generation;
  const { max_tokens, temperature, top_k, top_p } = parameters;
  const extras = extrasOf(generation);
  const canonical = [
    model ?? null,
    content.messages.map(({ role, content: text, ...rest }) => [role, text, ...Object.values(rest)]),
    content.stop,
    [max_tokens, temperature, top_k, top_p, seed ?? null],
    ...(Object.keys(extras).length === 0 ? [] : [sorted(extras)]),
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}

const basicParameters: ReadonlySet<string> = new Set(['max_tokens', 'temperature', 'top_k', 'top_p']);

/** What differs from the default, so that a field that is new changes no hash of a request that does without it. */
function extrasOf({
  operation,
  content,
  parameters,
  priority,
  timeoutMs,
}: Generation): Record<string, unknown> {
  const { messages: _messages, stop: _stop, ...rest } = content;
  const defaults: Readonly<Record<string, unknown>> = { ...readSampling({}) };
  const changed = Object.entries(parameters).filter(
    ([name, value]) => !basicParameters.has(name) && value !== defaults[name],
  );
  return {
    ...rest,
    ...Object.fromEntries(changed),
    ...(operation === 'generate' ? {} : { operation }),
    ...(priority === 'NORMAL' ? {} : { priority }),
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
  };
}

/** The same value with the fields of its objects in the order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)]),
  );
}
