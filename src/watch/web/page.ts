import { createHash } from 'node:crypto';
import { comparison } from '../../report/page/comparison.ts';
import { type Html, html } from '../../report/page/html.ts';
import { details } from '../../report/page/sections.ts';
import { STYLE } from '../../report/page/style.ts';
import { dayTime, section } from '../../report/page/text.ts';
import { timeline } from '../../report/page/timeline.ts';
import { VERSION } from '../../version.ts';
import { approveCommand, type Waiting } from '../keel.ts';
import { detailsOf } from '../lines.ts';
import type { Sampled } from '../samples.ts';
import type { Picture } from '../screen.ts';
import { keyOf, type Seen } from '../seen.ts';
import { factsFrom } from './facts.ts';

/** The policy of the page: it loads nothing, runs no script, and may be shown in no frame. */
export const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The browser loads the page again after so many seconds. */
const AGAIN_S = 5;

/**
 * The page: all promotions, and one of them with its charts. Pure.
 *
 * @param open the key of the one to show; the only one in progress by default
 * @param isStill whether it does not load itself again, so that a reader is not interrupted
 */
export function renderWatchPage(
  { title, rows, notes, seen, sampled, waiting, at }: Picture,
  open: string | undefined,
  isStill = false,
): string {
  const running = seen.filter(({ now }) => now);
  const opened =
    open === undefined && running.length === 1 ? running[0] : seen.find((each) => keyOf(each) === open);
  const again = open === undefined || !opened ? '' : `open=${encodeURIComponent(open)}`;
  const listed = rows.map(
    ({ key, tone, text, soft, counts, link }) =>
      html`<li class="${CLASSES[tone]}"><a href="${link ?? `?open=${encodeURIComponent(key)}${isStill ? '&still' : ''}`}">${text}</a>${soft && html` <span class="soft">${soft}</span>`}${counts && html`<div>${counts}</div>`}</li>\n`,
  );
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
${
  !isStill &&
  html`<meta http-equiv="refresh" content="${AGAIN_S}">
`
}<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>
<style>${{ markup: STYLE }}</style></head>
<body><main><header class="verdict calm"><h1>${title}</h1>
<p>${isStill ? html`<a href="?${again}">Read it again every ${AGAIN_S} seconds</a>` : html`<a href="?${again}${again && '&'}still">Stop reading it again</a>`}</p></header>
${listed.length > 0 && html`<ul>${listed}</ul>`}${notes.map((note) => html`<p class="warn">${note}</p>\n`)}${votes(waiting)}${opened && one(opened, sampled, at)}</main>
<footer>drone-promote ${VERSION}, read ${dayTime(at)}${isStill ? '' : `, again every ${AGAIN_S} seconds`}. All times are in UTC.</footer>
</body></html>
`.markup;
}

const CLASSES = { good: 'ok', bad: 'no', wait: 'warn', calm: '' } as const;

/** How to vote for the approvals that wait. */
function votes(waiting: readonly Waiting[]): Html | undefined {
  const all = waiting.map(
    (each) =>
      html`<li><a href="${each.keel.page}">${each.approval.identifier}</a>, or <code>${approveCommand(each)}</code></li>\n`,
  );
  return all.length === 0 ? undefined : section('Approvals at Keel', html`<ul>${all}</ul>`);
}

function one(seen: Seen, sampled: readonly Sampled[], at: number): Html {
  const samples = sampled.find(({ key, id }) => key === keyOf(seen) && id === seen.now?.id)?.samples;
  const facts = factsFrom(seen, at, samples);
  // the history is one of the parts of the page below
  const lines = detailsOf({ ...seen, history: [] }, at).map((line) => html`<li>${line}</li>\n`);
  return html`${section(`${seen.workload} in ${seen.namespace}`, html`<ul>${lines}</ul>`)}${timeline(facts)}${comparison(facts)}${details(facts)}`;
}
