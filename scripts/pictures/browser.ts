import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** How a page is shown. */
export interface Look {
  width: number;
  height: number;
  scheme: 'light' | 'dark';
  media?: 'print';
  /** Device pixels for each pixel of the page. */
  scale?: number;
}

/** A tab of Chromium. */
export interface Tab {
  open(url: string, look: Look): Promise<void>;
  /** The value of an expression, after its promise. It runs also where the policy of the page allows no script. */
  evaluate(expression: string): Promise<unknown>;
  /**
   * A picture (WebP) of an element.
   *
   * @param selector of the element
   * @param most the largest height, in pixels of the page
   */
  picture(selector: string, most: number): Promise<Buffer>;
}

/** What Chromium sends: the answer to a call, or an event. */
interface Message {
  id?: number;
  method?: string;
  error?: { message: string };
  result?: Record<string, unknown>;
}

type Call = (method: string, params?: object, sessionId?: string) => Promise<Record<string, unknown>>;

/**
 * Starts Chromium without a window, gives a tab to `use`, and ends it. It speaks the DevTools protocol over a
 * pipe, so that it listens on no port.
 */
export async function withTab<T>(use: (tab: Tab) => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), 'drone-promote-chromium-'));
  const args = ['--headless', '--no-sandbox', '--hide-scrollbars', '--remote-debugging-pipe'];
  const child = spawn('chromium', [...args, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`chromium does not start: ${error.message}`)));
    child.once('exit', (code) => reject(new Error(`chromium ended with ${code}`)));
  });
  const { call, once } = connect(child.stdio[3] as Writable, child.stdio[4] as Readable);
  try {
    return await Promise.race([openTab(call, once).then(use), failed]);
  } finally {
    child.kill();
    await ended;
    rmSync(profile, { recursive: true, force: true });
  }
}

function connect(to: Writable, from: Readable): { call: Call; once(method: string): Promise<void> } {
  let last = 0;
  let rest = '';
  const answers = new Map<number, (message: Message) => void>();
  const events = new Map<string, () => void>();
  from.setEncoding('utf8').on('data', (text: string) => {
    const messages = `${rest}${text}`.split('\0');
    rest = messages.pop() ?? '';
    for (const each of messages) {
      const message: Message = JSON.parse(each);
      if (message.id !== undefined) answers.get(message.id)?.(message);
      else if (message.method !== undefined) events.get(message.method)?.();
    }
  });
  return {
    call: (method, params = {}, sessionId = undefined) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        answers.set(id, ({ error, result = {} }) => {
          answers.delete(id);
          if (error) reject(new Error(`${method}: ${error.message}`));
          else resolve(result);
        });
        to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      }),
    once: (method) => new Promise((resolve) => events.set(method, resolve)),
  };
}

async function openTab(call: Call, once: (method: string) => Promise<void>): Promise<Tab> {
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  const send: Call = (method, params) => call(method, params, String(sessionId));
  await send('Page.enable');
  const tab: Tab = {
    async open(url, { width, height, scheme, media = '', scale = 1 }) {
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await send('Emulation.setEmulatedMedia', { media, features });
      const screen = { width, height, deviceScaleFactor: scale, mobile: width < 500 };
      await send('Emulation.setDeviceMetricsOverride', screen);
      const loaded = once('Page.loadEventFired');
      await send('Page.navigate', { url });
      await loaded;
    },
    async evaluate(expression) {
      const given = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await send('Runtime.evaluate', given);
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { value?: unknown }).value;
    },
    async picture(selector, most) {
      const place = await tab.evaluate(
        `(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`,
      );
      const { height, ...rest } = place as { x: number; y: number; width: number; height: number };
      const clip = { ...rest, height: Math.min(most, height), scale: 1 };
      const how = { format: 'webp', quality: 60, captureBeyondViewport: true, clip };
      const { data } = await send('Page.captureScreenshot', how);
      return Buffer.from(String(data), 'base64');
    },
  };
  return tab;
}
