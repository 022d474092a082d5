import { readFile } from 'node:fs/promises';
import path from 'node:path';

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  /** 1 where it stands in the set. */
  readonly score: number;
}

export interface GoldText {
  readonly id: string;
  readonly text: string;
  /** Offsets in UTF-16 code units; in the file they are code points. */
  readonly spans: readonly Span[];
}

/** Reads the set of a folder. @throws Error that names the file, or the line */
export async function readGold(folder: string): Promise<readonly GoldText[]> {
  const file = path.join(folder, 'dev.jsonl');
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(`${file} cannot be read: --data names the folder of dev.jsonl.`, { cause });
  }
  return content
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { id, text, spans } = JSON.parse(line) as GoldText;
      const offsets = utf16Offsets(text);
      return { id, text, spans: spans.map((span) => inUtf16({ ...span, score: 1 }, offsets)) };
    });
}

/** UTF-16 offset of each code point, and of the end. */
export function utf16Offsets(text: string): readonly number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const character of text) {
    offsets.push(offset);
    offset += character.length;
  }
  return [...offsets, offset];
}

export const inUtf16 = (span: Span, offsets: readonly number[]): Span => ({
  ...span,
  start: offsets[span.start] ?? 0,
  end: offsets[span.end] ?? 0,
});
