import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { deployApp, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

const PROGRAM = new URL('../../../dist/main.js', import.meta.url).pathname;
const BROWSER = ['--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=500'];

/** `drone-promote watch --web`, as somebody at a desk starts it. @returns its page's address */
async function startWatch({
  namespace,
  administrator,
}: World): Promise<{ watch: ChildProcess; url: string }> {
  const watch = spawn(process.execPath, [PROGRAM, 'watch', '--web', '0', '--namespace', namespace], {
    env: { ...administrator },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first] = await once(watch.stdout.setEncoding('utf8'), 'data');
  const [url = assert.fail(`no address: ${first}`)] =
    /^http:\/\/127\.0\.0\.1:\d+\S*/.exec(String(first)) ?? [];
  watch.stdout.resume();
  return { watch, url };
}

/** The text of the page as Chromium shows it. */
async function shownAt(url: string): Promise<string> {
  const { stdout } = await promisify(execFile)('chromium', [...BROWSER, '--dump-dom', url]);
  return stdout
    .replaceAll(/<(style|title)[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

/** A promotion from its first step to a hold and to an abort, in a browser; the page outlives the steps. */
async function throughHoldAndAbort(world: World): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const { watch, url } = await startWatch(world);
  try {
    const shows = (what: RegExp) =>
      world.until(`the page shows ${what}`, async () => what.test(await shownAt(url)));
    await shows(/no promotion/i);
    const step = world.step({ ...SETTINGS, steps: ['20% 15s', 'hold', '60% 1s'] });
    await shows(/deployment\/web .*20 %.*\d+ of [\d,]+/);
    assert.equal((await step.done).outputs.PROMOTE_OUTCOME, 'held');
    await shows(/held/i);
    const abort = await world.step({ ...SETTINGS, action: 'abort' }, { DRONE_BUILD_NUMBER: '78' }).done;
    assert.equal(abort.code, 0, abort.log);
    await shows(/aborted/i);
  } finally {
    watch.kill();
    await load.stop();
  }
}

export const scenarios: Scenario[] = [
  {
    name: 'a promotion is watched in a browser through its hold and its abort',
    only: 'lab',
    needs: ['kubectl', 'chromium'],
    inFull: true,
    run: throughHoldAndAbort,
  },
];
