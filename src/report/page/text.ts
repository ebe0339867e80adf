import { thousands } from '../../numbers.ts';
import type { Limited } from '../facts/facts.ts';
import { type Html, html } from './html.ts';

/** `20:31:50`, in UTC as the log has it. */
export function clockTime(at: number): string {
  return isoOf(at).slice(11, 19);
}

/** `2026-11-28 20:31:50 UTC` */
export function dayTime(at: number): string {
  return `${isoOf(at).slice(0, 19).replace('T', ' ')} UTC`;
}

function isoOf(at: number): string {
  // the largest time that a Date has
  return new Date(Math.max(-8.64e15, Math.min(8.64e15, at || 0))).toISOString();
}

/** `3 of 150 (2 %)`, and `none` of none. */
export function ofText(part: number, whole: number): string {
  if (whole === 0) return 'no requests';
  return `${thousands(part)} of ${thousands(whole)} (${rateText(part / whole)})`;
}

/** A rate, 0 to 1, as percent: `0.05 %`, in one line. */
export function rateText(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))}\u00a0%`;
}

/** What is left out of a list: `30 of 60 shown`. Empty if nothing is. */
export function leftOut(
  { shown, total }: Pick<Limited<unknown>, 'total'> & { shown: { length: number } },
  what: string,
): Html | undefined {
  if (shown.length >= total) return undefined;
  return html`<p class="soft">${thousands(shown.length)} of ${thousands(total)} ${what} shown.</p>`;
}

/** A table. Columns whose name begins with `#` have numbers. Nothing if there are no rows. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly (Html | string | number | undefined)[])[],
): Html | undefined {
  if (rows.length === 0) return undefined;
  const isNumber = columns.map((name) => name.startsWith('#'));
  const heads = columns.map((name, index) =>
    isNumber[index]
      ? html`<th scope="col" class="n">${name.slice(1)}</th>`
      : html`<th scope="col">${name}</th>`,
  );
  const lines = rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, index) => (isNumber[index] ? html`<td class="n">${cell}</td>` : html`<td>${cell}</td>`))}</tr>\n`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>
${lines}</tbody></table></div>`;
}

/** Content that a reader opens. */
export function fold(summary: string, content: Html): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}

/** A section with a heading; nothing without content. */
export function section(title: string, ...parts: readonly (Html | undefined)[]): Html | undefined {
  const content = parts.filter((part) => part !== undefined && part.markup !== '');
  return content.length === 0 ? undefined : html`<section><h2>${title}</h2>\n${content}</section>\n`;
}
