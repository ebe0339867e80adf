import { createHash } from 'node:crypto';
import type { Facts } from '../facts/facts.ts';
import { verdictWord } from '../facts/summary.ts';
import { comparison } from './comparison.ts';
import { html } from './html.ts';
import { checks, details, trouble } from './sections.ts';
import { STYLE } from './style.ts';
import { dayTime } from './text.ts';
import { timeline } from './timeline.ts';
import { summary, verdict } from './verdict.ts';

/**
 * The page: one file that loads nothing and runs no script, in the order in which people ask. Its policy
 * allows nothing but its own style, so that markup that somebody smuggled in would do nothing. Pure.
 *
 * @param json the name of the file with the same facts
 */
export function renderPage(facts: Facts, json: string): string {
  const { outcome, subject, version, at } = facts;
  const workload = outcome?.workload ?? subject?.workload ?? '';
  const digest = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${[verdictWord(facts), workload].filter(Boolean).join(' ')}</title>
<style>${{ markup: STYLE }}</style></head>
<body><main>
${verdict(facts)}${summary(facts)}${timeline(facts)}${comparison(facts)}${checks(facts)}${trouble(facts)}${details(facts)}</main>
<footer>drone-promote ${version}, written ${dayTime(at)}. All times are in UTC. The same facts: <a href="${encodeURI(json)}">${json}</a></footer>
</body></html>
`.markup;
}
