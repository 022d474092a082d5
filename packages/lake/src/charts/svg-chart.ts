import type { TopLevelSpec } from 'vega-lite';
import type { Chart } from './chart.ts';

const size = { width: 680, height: 300 };
/** Bars and lines: dark enough on white paper, apart for those who see few colours (Okabe and Ito, 2008), then lighter ones. */
const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#999999', '#f0e442'];
const mostLegendEntries = 20;
/** Pixels. */
const labelLimit = 240;

/** Draws a chart as SVG, without a browser. The library is loaded here and nowhere else. */
export async function drawSvg(chart: Chart): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(vegaLite.compile(specOf(chart)).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function specOf(chart: Chart): TopLevelSpec {
  const isTime = chart.points.every(({ x }) => /^\d{4}-\d{2}-\d{2}/u.test(x));
  const hasSeries = chart.points.some(({ series }) => series !== '');
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...size,
    background: 'white',
    padding: 12,
    ...(chart.title === '' ? {} : { title: chart.title }),
    data: { values: chart.points.map((point) => ({ ...point, x: isTime ? instantOf(point.x) : point.x })) },
    mark: chart.kind === 'bar' ? { type: 'bar' } : { type: 'line', point: { size: 30 }, strokeWidth: 2 },
    encoding: {
      x: isTime
        ? {
            field: 'x',
            type: 'temporal',
            scale: { type: 'utc' },
            title: null,
            axis: { format: '%-d %b', labelOverlap: true, grid: false },
            ...(chart.kind === 'bar' ? { timeUnit: 'utcyearmonthdate' } : {}),
          }
        : {
            field: 'x',
            type: 'nominal',
            sort: null,
            title: axisTitle(chart.x),
            axis: { labelAngle: -30, labelLimit, grid: false },
          },
      y: { field: 'y', type: 'quantitative', title: axisTitle(chart.y), axis: { tickCount: 6 } },
      ...(hasSeries
        ? {
            color: {
              field: 'series',
              type: 'nominal',
              sort: null,
              title: axisTitle(chart.series),
              scale: { range: colours },
              legend: { orient: 'bottom', columns: 4, symbolLimit: mostLegendEntries, labelLimit },
            },
          }
        : {}),
    },
    config: {
      font: 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif',
      mark: { color: colours[0] ?? '' },
      view: { stroke: null },
      axis: {
        labelColor: '#333',
        titleColor: '#333',
        gridColor: '#e3e3e3',
        domainColor: '#999',
        tickColor: '#999',
        titleFontWeight: 'normal',
        labelFontSize: 11,
        titleFontSize: 12,
      },
      title: { anchor: 'start', fontSize: 15, fontWeight: 600, offset: 14 },
      legend: {
        titleFontWeight: 'normal',
        labelFontSize: 11,
        titleFontSize: 12,
        labelColor: '#333',
        titleColor: '#333',
      },
    },
  };
}

const axisTitle = (name: string): string => name.replaceAll('_', ' ');

/** A date, or a moment as DuckDB shows it (`2026-11-28 10:00:00+00`), as JavaScript reads it. */
function instantOf(text: string): string {
  return text.length === 10 ? text : text.replace(' ', 'T').replace(/\+00$/u, 'Z');
}
