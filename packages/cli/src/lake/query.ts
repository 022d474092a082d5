import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  chartOf,
  drawInTerminal,
  drawSvg,
  openLakeSession,
  shippedViews,
  type ChartKind,
  type QueryResult,
} from '@millrace/lake';
import { MillraceError } from '@millrace/runtime';
import type { Outcome } from '../outcome.ts';
import type { LakeSettings } from './config.ts';
import { lakeFolderOf, openLive } from './connect.ts';
import { formatCsv, formatTable } from './format-result.ts';
import { queriesFolderOf, queryName, savedQueries, saveQuery, type SavedQuery } from './saved-queries.ts';
import { untilInterrupted } from './until-interrupted.ts';

export interface QueryCommand {
  /** A query, or the name of one. */
  readonly asked: string;
  readonly isLive: boolean;
  readonly isCsv: boolean;
  readonly lake: string | undefined;
  readonly tenant: string | undefined;
  readonly limit: number;
  readonly chart: ChartKind | undefined;
  readonly svg: string | undefined;
  readonly title: string | undefined;
  readonly x: string | undefined;
  readonly y: string | undefined;
  readonly series: string | undefined;
}

/** @throws as `openLakeSession`; `config_invalid` for a name that is not known */
export async function runQuery(command: QueryCommand, settings: LakeSettings): Promise<Outcome> {
  const { name, sql } = await queryOf(command.asked, settings);
  const result = await untilInterrupted((signal) => ask(command, settings, sql, signal));
  const { chart: kind = command.svg === undefined ? undefined : 'bar', x, y, series } = command;
  const chart =
    kind === undefined ? undefined : chartOf(result, { kind, title: command.title ?? name, x, y, series });
  let text = command.isCsv ? formatCsv(result) : formatTable(result, command.limit);
  if (chart !== undefined && command.chart !== undefined && !command.isCsv)
    text += `\n${drawInTerminal(chart, process.stdout.columns ?? 100)}`;
  if (chart !== undefined && command.svg !== undefined) {
    const file = path.resolve(settings.workingFolder, command.svg);
    await writeOut(file, await drawSvg(chart), '--svg');
    if (!command.isCsv) text += `\n${file}\n`;
  }
  return { text, json: result, isGood: true };
}

async function ask(
  command: QueryCommand,
  settings: LakeSettings,
  sql: string,
  signal: AbortSignal,
): Promise<QueryResult> {
  const live = command.isLive ? await openLive(settings) : undefined;
  try {
    const { tenant } = command;
    const folder = lakeFolderOf(settings, command.lake);
    const session = await openLakeSession({ folder, live, tenant, queries: [sql], signal });
    try {
      return await session.query(sql);
    } finally {
      await session.close();
    }
  } finally {
    await live?.stop();
  }
}

/** @returns the name for the title of a chart, empty for a query that has none */
async function queryOf(asked: string, settings: LakeSettings): Promise<SavedQuery> {
  if (!queryName.test(asked)) return { name: '', sql: asked };
  const saved = await savedQueries(queriesFolderOf(settings));
  const found = saved.find(({ name }) => name === asked);
  if (found !== undefined) return found;
  if (shippedViews().some(({ name }) => name === asked))
    return { name: asked.replaceAll('_', ' '), sql: `select * from ${asked}` };
  const names = [...saved, ...shippedViews()].map(({ name }) => name).join(', ');
  throw new MillraceError(
    'config_invalid',
    `There is no query ${asked}: it must be one of ${names}, or SQL.`,
  );
}

/** @throws `config_invalid` */
export async function storeQuery(query: SavedQuery, settings: LakeSettings): Promise<Outcome> {
  const file = await saveQuery(queriesFolderOf(settings), query);
  return { text: `${file}\n`, json: { name: query.name, file }, isGood: true };
}

/** What can be asked by its name. */
export async function listQueries(settings: LakeSettings): Promise<Outcome> {
  const folder = queriesFolderOf(settings);
  const saved = await savedQueries(folder);
  const views = shippedViews();
  const lines = [
    ...views.map(({ name, meaning }) => `${name}\n    ${meaning}\n`),
    ...saved.map(({ name, sql }) => `${name}\n    ${sql.trim().split('\n')[0]}\n`),
  ];
  return {
    text: lines.join(''),
    json: { views: views.map(({ name, meaning }) => ({ name, meaning })), folder, saved },
    isGood: true,
  };
}

/** @throws `config_invalid` naming the option */
export async function writeOut(file: string, content: string, option: string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (cause) {
    throw new MillraceError(
      'config_invalid',
      `${file} cannot be written: name another file with ${option}.`,
      { param: option, cause },
    );
  }
}
