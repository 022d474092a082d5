import { inspectGguf } from '@millrace/inference';
import { formatColumns } from '../columns.ts';
import type { Outcome } from '../outcome.ts';
import { sourceOf, tagOf, type ModelStore } from './model-store.ts';

/** What a GGUF file holds, and whether it can be converted. */
export async function inspect(store: ModelStore, { model }: { readonly model: string }): Promise<Outcome> {
  const file = sourceOf(store, store.find(model));
  const description = await inspectGguf(file);
  const { sha256, tokenizer, tensorTypes, unsupported } = description;
  const entry = store.catalogue.find((known) => known.sha256 === sha256);
  const license = description.license ?? entry?.license;
  const json = {
    ...description,
    file,
    license,
    tag: entry === undefined ? undefined : tagOf(entry),
    supported: unsupported === undefined,
  };
  const types = tensorTypes.map(
    ({ type, tensors, elements }) => `${type} ${tensors} (${millions(elements)})`,
  );
  const lines: [string, string | number | undefined][] = [
    ['file', file],
    ['name', description.name],
    ['model', json.tag],
    ['architecture', description.architecture],
    ['parameters', millions(description.parameters)],
    ['layers', description.layers],
    ['tensors', types.join(', ')],
    ['context', description.contextLength],
    ['tokenizer', `${tokenizer.model ?? '?'}, ${tokenizer.preTokenizer ?? '?'}`],
    ['vocabulary', tokenizer.vocabularySize],
    ['chat template', description.hasChatTemplate ? 'yes' : 'no'],
    ['licence', license],
    ['size', `${description.sizeBytes} bytes`],
    ['sha256', sha256],
    ['supported', unsupported === undefined ? 'yes' : `no: ${unsupported}`],
  ];
  const text = formatColumns(lines.map(([name, value]) => [name, String(value ?? 'not stated')]));
  return { text, json, isGood: true };
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} M`;
}
