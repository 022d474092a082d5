import { drawSvg } from '../charts/svg-chart.ts';
import { html, trusted, type Html } from './html.ts';
import type { CorrectionLine, CurrencyStatement, DayLine, ModelLine, Statement } from './statement.ts';

const style = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 14px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; color: #1a1a1a; background: #fff; margin: 0 auto; max-width: 760px; padding: 40px 24px; }
header { border-bottom: 2px solid #1a1a1a; padding-bottom: 16px; margin-bottom: 24px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 16px; margin: 32px 0 8px; }
.muted { color: #595959; }
dl.totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 16px; margin: 0; }
dl.totals div { border-left: 3px solid #c9c9c9; padding-left: 12px; }
dl.totals div.total { border-color: #0072b2; }
dt { color: #595959; font-size: 12px; }
dd { margin: 0; font-size: 16px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.total dd { font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 8px; border-bottom: 1px solid #e3e3e3; vertical-align: top; }
th { color: #595959; font-weight: normal; font-size: 12px; border-bottom-color: #999; }
td:first-child { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
tfoot td { border-bottom: 0; border-top: 1px solid #1a1a1a; font-weight: 600; }
.reason { overflow-wrap: anywhere; }
figure { margin: 16px 0 0; }
figure svg { max-width: 100%; height: auto; }
footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid #c9c9c9; font-size: 12px; }
@page { margin: 18mm; }
@media print { body { padding: 0; max-width: none; } tr, figure, dl.totals { break-inside: avoid; } thead { display: table-header-group; } h2 { break-after: avoid; } }
`;

/** A statement as one HTML file that needs no other, to be read or printed. */
export async function statementHtml(statement: Statement): Promise<string> {
  const { tenant, organisation, month, lastEntry, isChecked } = statement;
  const parts = await Promise.all(statement.currencies.map(currencyPart));
  const title = `Statement of ${tenant} for ${monthName(month)}`;
  const source = isChecked
    ? `The totals are those of the ledger through entry ${lastEntry}.`
    : `Of the exported ledger through entry ${lastEntry}; it was not compared with the ledger itself.`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${trusted(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>Statement for ${monthName(month)}</h1>
          <div>
            ${tenant}${organisation === null ? '' : html`<span class="muted"> · ${organisation}</span>`}
          </div>
        </header>
        <main>${parts.length === 0 ? html`<p>Nothing was charged in this month.</p>` : parts}</main>
        <footer class="muted">
          ${source} Amounts are exact; days are in UTC. What was charged counts for the day on which the
          request ended.
        </footer>
      </body>
    </html> `;
  return page.html;
}

async function currencyPart(part: CurrencyStatement): Promise<Html> {
  const { currency, charged, adjusted, credited, total, models, days, corrections } = part;
  const points = days.map(({ day, model, amount }) => ({ x: day, y: Number(amount), series: model }));
  const chart =
    points.length === 0
      ? html``
      : html`<figure aria-label="Charges by day and model">
          ${trusted(
            await drawSvg({
              kind: 'bar',
              title: '',
              x: 'day',
              y: `charged (${currency})`,
              series: 'model',
              points,
            }),
          )}
        </figure>`;
  return html`<section>
    <dl class="totals">
      <div>
        <dt>Charges</dt>
        <dd>${money(charged)} ${currency}</dd>
      </div>
      <div>
        <dt>Adjustments</dt>
        <dd>${money(adjusted)} ${currency}</dd>
      </div>
      <div>
        <dt>Credits</dt>
        <dd>${money(credited)} ${currency}</dd>
      </div>
      <div class="total">
        <dt>Total</dt>
        <dd>${money(total)} ${currency}</dd>
      </div>
    </dl>
    ${chart}
    <h2>Charges by model</h2>
    ${modelTable(models, charged, currency)}
    ${
      corrections.length === 0
        ? html``
        : html`<h2>Adjustments and credits</h2>
            ${correctionTable(corrections, currency)}`
    }
    <h2>Charges by day</h2>
    ${dayTable(days, charged, currency)}
  </section>`;
}

function modelTable(models: readonly ModelLine[], charged: string, currency: string): Html {
  const digits = digitsOf([charged, ...models.map(({ amount }) => amount)]);
  return html`<table>
    <thead>
      <tr>
        <th>Model</th>
        <th class="number">Requests</th>
        <th class="number">Input tokens</th>
        <th class="number">of them cached</th>
        <th class="number">Output tokens</th>
        <th class="number">${currency}</th>
      </tr>
    </thead>
    <tbody>
      ${models.map(
        (line) =>
          html`<tr>
            <td>${line.model}</td>
            <td class="number">${count(line.requests)}</td>
            <td class="number">${count(line.inputTokens)}</td>
            <td class="number">${count(line.cachedInputTokens)}</td>
            <td class="number">${count(line.outputTokens)}</td>
            <td class="number">${money(line.amount, digits)}</td>
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <td colspan="5">Charges</td>
        <td class="number">${money(charged, digits)}</td>
      </tr>
    </tfoot>
  </table>`;
}

function dayTable(days: readonly DayLine[], charged: string, currency: string): Html {
  const digits = digitsOf([charged, ...days.map(({ amount }) => amount)]);
  return html`<table>
    <thead>
      <tr>
        <th>Day</th>
        <th>Model</th>
        <th class="number">Requests</th>
        <th class="number">${currency}</th>
      </tr>
    </thead>
    <tbody>
      ${days.map(
        (line, index) =>
          html`<tr>
            <td>${days[index - 1]?.day === line.day ? '' : line.day}</td>
            <td>${line.model}</td>
            <td class="number">${count(line.requests)}</td>
            <td class="number">${money(line.amount, digits)}</td>
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <td colspan="3">Charges</td>
        <td class="number">${money(charged, digits)}</td>
      </tr>
    </tfoot>
  </table>`;
}

function correctionTable(corrections: readonly CorrectionLine[], currency: string): Html {
  const digits = digitsOf(corrections.map(({ amount }) => amount));
  return html`<table>
    <thead>
      <tr>
        <th>Day</th>
        <th>What</th>
        <th>Why</th>
        <th class="number">${currency}</th>
      </tr>
    </thead>
    <tbody>
      ${corrections.map(
        (line) =>
          html`<tr>
            <td>${line.day}</td>
            <td>
              ${line.kind}${line.requestId === null ? '' : html`<br /><span class="muted">of ${line.requestId}</span>`}
            </td>
            <td class="reason">${line.reason ?? ''}</td>
            <td class="number">${money(line.amount, digits)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

const count = (number: number): string => number.toLocaleString('en');

/** How many digits behind the point are not zero: two at least, so many as the longest of a column has. */
function digitsOf(amounts: readonly string[]): number {
  return Math.max(2, ...amounts.map((amount) => (amount.split('.')[1] ?? '').replace(/0+$/u, '').length));
}

/** All digits that are not zero. @param least how many stand behind the point at least */
export function money(amount: string, least = 2): string {
  const [whole = '0', digits = ''] = amount.replace(/^-/u, '').split('.');
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/gu, ',');
  const rest = digits.replace(/0+$/u, '').padEnd(least, '0');
  return `${amount.startsWith('-') ? '−' : ''}${grouped}.${rest}`;
}

function monthName(month: string): string {
  return new Date(`${month}-01T00:00:00Z`).toLocaleString('en', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}
