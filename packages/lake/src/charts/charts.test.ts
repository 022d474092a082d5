import { describe, expect, it } from 'vitest';
import type { QueryResult } from '../query-result.ts';
import { chartOf } from './chart.ts';
import { drawSvg } from './svg-chart.ts';
import { drawInTerminal } from './terminal-chart.ts';

const result: QueryResult = {
  columns: [
    { name: 'day', type: 'DATE', isNumber: false },
    { name: 'tenant', type: 'VARCHAR', isNumber: false },
    { name: 'currency', type: 'VARCHAR', isNumber: false },
    { name: 'requests', type: 'BIGINT', isNumber: true },
    { name: 'amount', type: 'DECIMAL(38,10)', isNumber: true },
  ],
  rows: [
    ['2026-11-27', 'acme', 'EUR', 2, '3.0000000000'],
    ['2026-11-27', 'zeta', 'EUR', 1, '4.0000000000'],
    ['2026-11-28', 'acme', 'EUR', 1, '-0.5000000000'],
  ],
};
const choice = { kind: 'bar', title: 'Cost' } as const;

describe('a chart', () => {
  it('takes the first column, the last of numbers, and what tells rows from each other', () => {
    expect(chartOf(result, choice)).toEqual({
      kind: 'bar',
      title: 'Cost',
      x: 'day',
      y: 'amount',
      series: 'tenant',
      points: [
        { x: '2026-11-27', y: 3, series: 'acme' },
        { x: '2026-11-27', y: 4, series: 'zeta' },
        { x: '2026-11-28', y: -0.5, series: 'acme' },
      ],
    });
  });

  it('says what is wrong with the columns that were chosen', () => {
    expect(() => chartOf(result, { ...choice, x: 'month' })).toThrow(
      '--x is month: the result has day, tenant, currency, requests, amount.',
    );
    expect(() => chartOf(result, { ...choice, y: 'tenant' })).toThrow('A chart needs a column of numbers');
    expect(() => chartOf(result, { ...choice, series: 'currency' })).toThrow(
      'day is 2026-11-27 in several rows',
    );
  });

  it('is drawn with characters', () => {
    expect(drawInTerminal(chartOf(result, choice), 60)).toBe(
      [
        'Cost',
        'amount',
        `2026-11-27  acme     3  ${'█'.repeat(27)}`,
        `2026-11-27  zeta     4  ${'█'.repeat(36)}`,
        '2026-11-28  acme  -0.5  ░░░░░',
        '',
      ].join('\n'),
    );
    const lines = drawInTerminal(chartOf(result, { ...choice, kind: 'line' }), 40).split('\n');
    expect(lines[1]).toBe('amount by day');
    expect(lines[2]).toBe('   4 ┤○');
    expect(lines.slice(-3)).toEqual(['● acme', '○ zeta', '']);
  });

  it.each(['bar', 'line'] as const)('of kind %s is drawn as SVG', async (kind) => {
    const svg = await drawSvg(chartOf(result, { ...choice, kind, title: 'Cost <of> "acme" & zeta' }));
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/u);
    expect(svg).toContain('Cost &lt;of&gt;');
    expect(svg).not.toContain('<script');
  });
});
