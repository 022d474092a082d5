import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchFolder, withTemporaryFolder } from '../engine/bench-folder.ts';
import { runCommand } from '../engine/run-command.ts';
import { inUtf16, utf16Offsets, type GoldText, type Span } from './gold.ts';
import type { Sample } from './samples.ts';

const version = '2.2.366';

export interface PresidioRun {
  readonly found: ReadonlyMap<string, readonly Span[]>;
  /** Milliseconds of each round, by sample. */
  readonly timings: ReadonlyMap<string, readonly number[]>;
}

/** Presidio's pattern recognizers of all countries, without a model of names. */
export async function runPresidio(
  gold: readonly GoldText[],
  samples: readonly Sample[],
): Promise<PresidioRun> {
  const python = path.join(await install(), 'bin', 'python');
  return withTemporaryFolder(benchFolder(), async (folder) => {
    const write = async (name: string, lines: readonly object[]): Promise<string> => {
      const file = path.join(folder, name);
      await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      return file;
    };
    const texts = await write(
      'texts.jsonl',
      gold.map(({ id, text }) => ({ id, text })),
    );
    const timed = await write('samples.jsonl', samples);
    const script = fileURLToPath(new URL('presidio.py', import.meta.url));
    const lines = (await runCommand(python, [script, texts, timed])).trimEnd().split('\n');
    const border = lines.indexOf('timings');
    return {
      found: new Map(
        lines.slice(0, border).map((line, index) => {
          const { id, spans } = JSON.parse(line) as { readonly id: string; readonly spans: readonly Span[] };
          const offsets = utf16Offsets(gold[index]?.text ?? '');
          return [id, spans.map((span) => inUtf16(span, offsets))];
        }),
      ),
      timings: new Map(
        lines.slice(border + 1).map((line) => {
          const { name, ms } = JSON.parse(line) as { readonly name: string; readonly ms: readonly number[] };
          return [name, ms];
        }),
      ),
    };
  });
}

/** @returns the folder of a Python with Presidio */
async function install(): Promise<string> {
  const folder = path.join(benchFolder(), `presidio-${version}`);
  if (existsSync(path.join(folder, 'installed'))) return folder;
  process.stderr.write('installing Presidio …\n');
  await runCommand('python3', ['-m', 'venv', folder]);
  await runCommand(path.join(folder, 'bin', 'pip'), ['install', '--quiet', `presidio-analyzer==${version}`]);
  await writeFile(path.join(folder, 'installed'), '');
  return folder;
}
