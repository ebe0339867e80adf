import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Template } from 'adaptivecards-templating';
import type { AxeResults } from 'axe-core';
import { cardData } from '../src/report/card/data.ts';
import { TEMPLATE } from '../src/report/card/template.ts';
import type { Facts } from '../src/report/facts/facts.ts';
import { factsOf, noStory, withEvent } from '../src/report/facts/fold.ts';
import { renderPage } from '../src/report/page/render.ts';
import { renderWatchPage } from '../src/watch/web/page.ts';
import { promotion, type Told } from '../test/report/facts/stories.ts';
import { watched } from '../test/watch/web/story.ts';
import { type Look, type Tab, withTab } from './pictures/browser.ts';
import { logPicture } from './pictures/log-picture.ts';

/**
 * `npm run docs:pictures`: makes docs/pictures from two told promotions and from a run of the demo, in
 * Debian's Chromium, and lets axe-core look at the pages. Fails if axe-core finds something.
 */
const PICTURES = new URL('../docs/pictures/', import.meta.url);
const WIDE: Look = { width: 1000, height: 800, scheme: 'light' };
const PHONE: Look = { width: 390, height: 800, scheme: 'light' };
const PAPER: Look = { width: 794, height: 1123, scheme: 'light', media: 'print' };

const folder = mkdtempSync(join(tmpdir(), 'drone-promote-pictures-'));
try {
  mkdirSync(PICTURES, { recursive: true });
  const good = factsTold(promotion(1200));
  const bad = factsTold(promotion(1200, 0.12));
  const findings = await withTab(async (tab) => {
    const pages = { promoted: pageOf(good, 'promoted'), aborted: pageOf(bad, 'aborted') };
    const watching = watchPages();
    await takePictures(tab, { ...pages, watching: watching.still }, cardOf(bad));
    return [
      ...(await findingsOf(tab, pages.promoted)),
      ...(await findingsOf(tab, pages.aborted)),
      ...(await findingsOf(tab, watching.still)),
      // a reader can stop that; the page says so in its first link
      ...(await findingsOf(tab, watching.moving, ['meta-refresh'])),
      ...(await keyboardFaults(tab, watching.still)),
    ];
  });
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) process.exitCode = 1;
  else console.log('axe-core finds nothing.');
  writeFileSync(new URL('log.svg', PICTURES), logPicture('The log of an aborted promotion', demoLog()));
} finally {
  rmSync(folder, { recursive: true });
}

function factsTold({ events, outcome, at }: Told): Facts {
  const story = events.reduce((so, [event, when]) => withEvent(so, event, when), noStory());
  return factsOf(story, outcome, at);
}

/** The address of a file with this text. */
function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return pathToFileURL(file).href;
}

function pageOf(facts: Facts, name: string): string {
  return fileOf(`${name}.html`, renderPage(facts, `${name}.json`));
}

/** The page of `watch --web`, as it loads itself again, and as a reader has stopped it. */
function watchPages(): { moving: string; still: string } {
  const open = 'shop deployment/web';
  return {
    moving: fileOf('watch.html', renderWatchPage(watched(), open)),
    still: fileOf('watch-still.html', renderWatchPage(watched(), open, true)),
  };
}

/** A page with the card, as Drone's page makes it. */
function cardOf(facts: Facts): string {
  const card = new Template(TEMPLATE).expand({ $root: cardData(facts) });
  const library = readFileSync(
    new URL(import.meta.resolve('adaptivecards/dist/adaptivecards.min.js')),
    'utf8',
  );
  return fileOf(
    'card.html',
    `<!doctype html><meta charset="utf-8"><style>body{margin:8px;font-family:sans-serif}</style>
<script>${library}</script><body><script>
const card = new AdaptiveCards.AdaptiveCard();
card.parse(${JSON.stringify(card).replaceAll('<', '\\u003c')});
document.body.append(card.render());
</script>`,
  );
}

async function takePictures(
  tab: Tab,
  { promoted, aborted, watching }: { promoted: string; aborted: string; watching: string },
  card: string,
): Promise<void> {
  const pictures: [name: string, url: string, look: Look, selector: string, most: number][] = [
    ['page', aborted, WIDE, 'html', 1113],
    ['charts-dark', aborted, { ...WIDE, scheme: 'dark' }, 'section:nth-of-type(2) .charts', 1200],
    ['page-phone', aborted, PHONE, 'html', 1065],
    ['page-print', promoted, PAPER, 'html', 1087],
    ['watch', watching, WIDE, 'html', 950],
    ['card', card, { ...WIDE, width: 640 }, 'body', 800],
  ];
  for (const [name, url, look, selector, most] of pictures) {
    await tab.open(url, look);
    writeFileSync(new URL(`${name}.webp`, PICTURES), await tab.picture(selector, most));
  }
}

/** What axe-core finds in a page, light and dark, wide and on a phone, with everything opened. */
async function findingsOf(tab: Tab, url: string, without: readonly string[] = []): Promise<string[]> {
  const axe = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
  const found: string[] = [];
  for (const size of [WIDE, PHONE])
    for (const scheme of ['light', 'dark'] as const) {
      await tab.open(url, { ...size, scheme });
      await tab.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
      await tab.evaluate(axe);
      const { violations } = (await tab.evaluate('axe.run()')) as AxeResults;
      for (const { id, help, nodes } of violations.filter((each) => !without.includes(each.id)))
        found.push(...nodes.map(({ html }) => `${size.width} px, ${scheme}: ${id}: ${help}: ${html}`));
    }
  return found;
}

/** What stands against a reader with a keyboard: each link and summary has to take the focus, in their order, and show it. */
async function keyboardFaults(tab: Tab, url: string): Promise<string[]> {
  await tab.open(url, WIDE);
  const reached = await tab.evaluate(`[...document.querySelectorAll('a[href], summary')].map((each) => {
    each.focus({ focusVisible: true });
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return { text: each.textContent, taken: document.activeElement === each && each.tabIndex === 0, outline: outlineStyle !== 'none' && outlineWidth !== '0px' };
  })`);
  const all = reached as { text: string; taken: boolean; outline: boolean }[];
  if (all.length < 5) return [`keyboard: only ${all.length} links and summaries`];
  return all.flatMap(({ text, taken, outline }) => (taken && outline ? [] : [`keyboard: ${text}`]));
}

/** The log of a run of the demo, from its bad release on. */
function demoLog(): string {
  const { stdout, status } = spawnSync('npm', ['run', '--silent', 'demo'], {
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [, bad] = /\n(— A bad release: [\s\S]*)\n\n— /.exec(stdout) ?? [];
  if (status !== 0 || bad === undefined) throw new Error(`The demo ended with ${status}: ${stdout}`);
  return bad;
}
