import { createCodec } from '@millrace/contracts';
import { exportLake, type DatasetExport, type DatasetName, type LakeFormat } from '@millrace/lake';
import { formatColumns } from '../columns.ts';
import type { Outcome } from '../outcome.ts';
import type { StartProgress } from '../progress.ts';
import type { LakeSettings } from './config.ts';
import { connectToNats } from '../connect-to-nats.ts';
import { lakeFolderOf } from './connect.ts';
import { untilInterrupted } from './until-interrupted.ts';

export interface ExportCommand {
  readonly datasets: readonly DatasetName[];
  readonly to: string | undefined;
  readonly format: LakeFormat;
  readonly tenant: string | undefined;
  readonly rowsPerFile: number;
  readonly skipUnreadable: boolean;
}

/** Adds what is new to a lake. @throws as `exportLake` */
export async function exportToLake(
  { to, ...command }: ExportCommand,
  settings: LakeSettings,
  startProgress: StartProgress,
): Promise<Outcome> {
  const folder = lakeFolderOf(settings, to);
  const bus = await connectToNats(settings);
  let made: readonly DatasetExport[];
  try {
    made = await untilInterrupted((signal) =>
      exportLake({ bus, codec: createCodec() }, { ...command, folder, signal, onProgress: startProgress }),
    );
  } finally {
    await bus.stop();
  }
  const table = formatColumns([
    ['table', 'new rows', 'files', 'through message'],
    ...made.map(({ dataset, rows, files, bookmark }) => [
      dataset,
      String(rows),
      String(files.length),
      String(bookmark),
    ]),
  ]);
  const warnings = made.flatMap(warningsOf);
  return {
    text: `${folder}\n${table}${warnings.map((warning) => `${warning}\n`).join('')}`,
    json: { folder, format: command.format, tables: made },
    isGood: made.every(({ gap, unreadable }) => gap === null && unreadable.length === 0),
  };
}

function warningsOf({ dataset, gap, beginsAt, unreadable }: DatasetExport): readonly string[] {
  return [
    ...(gap === null
      ? []
      : [
          `GAP: messages ${gap.first} to ${gap.last} of ${dataset} had gone out of the stream before they were exported. Export more often than the stream keeps messages.`,
        ]),
    ...(unreadable.length === 0
      ? []
      : [`LEFT OUT: messages ${unreadable.join(', ')} of ${dataset} cannot be decoded.`]),
    ...(beginsAt === null
      ? []
      : [`${dataset} begins with message ${beginsAt}: those before it had gone out of the stream.`]),
  ];
}
