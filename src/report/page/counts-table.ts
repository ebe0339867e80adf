import { evidenceText, isWithoutBound } from '../../sentences.ts';
import type { CountedFact } from '../facts/facts.ts';
import { type Html, html } from './html.ts';
import { clockTime, fold, leftOut, ofText, table } from './text.ts';

/** The most rows of the table under the charts. */
const MOST_ROWS = 60;

/** The counts as a table that a reader opens. */
export function countsTable(counted: readonly CountedFact[], total: number): Html | undefined {
  const every = Math.max(1, Math.ceil(counted.length / MOST_ROWS));
  const chosen = counted.filter((_, index) => index % every === 0 || index === counted.length - 1);
  const rows = chosen.map(({ at, weight, comparisons, share }) => [
    html`<span class="t">${clockTime(at)}</span>`,
    `${weight} %`,
    share ? ofText(share.canary, share.total) : '',
    html`${comparisons.filter((each) => !isWithoutBound(each)).map((each) => html`<div>${each.what}: ${ofText(each.canary.bad, each.canary.requests)}, ${each.reference.name} ${ofText(each.reference.bad, each.reference.requests)}</div>`)}`,
    evidenceText(comparisons.reduce((most, { evidence }) => Math.max(most, evidence?.log ?? 0), 0)),
  ]);
  const grid = table(
    'Counts over time, in UTC',
    ['Time', '#Weight', '#Measured share', 'Canary, and its reference', '#Evidence'],
    rows,
  );
  if (!grid) return undefined;
  const charted = leftOut({ shown: counted, total }, 'measurements in the charts and in the JSON file');
  const listed = leftOut({ shown: chosen, total }, 'measurements in the table');
  return html`${charted}${fold('The numbers of the charts', html`${listed}${grid}`)}`;
}
