import type { VirtualClock } from '../virtual-clock.ts';

/** A request as the controller logs it. */
export interface LogEntry {
  host: string;
  path: string;
  /** The upstream of the main Ingress, `NAMESPACE-SERVICE-PORT`. */
  upstream: string;
  /** That of the canary if the request went there, else empty. */
  alternative: string;
  /** Each address that was tried, with the status that it gave. */
  tries: readonly { address: string; status: number }[];
  status: number;
  ms: number;
}

export interface SimAccessLog {
  add(entry: LogEntry): void;
  /** Follows the log as `pods/log?follow=true` does; the returned function ends it. */
  follow(params: URLSearchParams, send: (text: string) => void): () => void;
}

/** Lines are sent together, so many milliseconds long: each write takes turns of the process. */
const SEND_EVERY_MS = 50;
/** Of more lines than these the log was rotated. */
const KEPT = 5_000;

/**
 * The access log of the controller in its default format. `catchUp` sends the requests that are due: without
 * it, a log that is followed would be silent for as long as nothing else in the cluster changes.
 */
export function createAccessLog(clock: VirtualClock, catchUp: () => void): SimAccessLog {
  const lines: { at: number; text: string }[] = [];
  let written = 0;
  // the controller has a line from its start
  note('NGINX Ingress controller');

  function note(text: string): void {
    lines.push({ at: clock.now(), text: `${stampOf(clock.now(), written)} ${text}\n` });
    written += 1;
    if (lines.length > KEPT) lines.splice(0, lines.length - KEPT);
  }

  return {
    add: (entry) => note(lineOf(entry, clock.now())),
    follow(params, send) {
      catchUp();
      let sent = written;
      const first = begun(lines, params, clock.now());
      if (first !== '') send(first);
      let cancel = () => {};
      const tick = () => {
        catchUp();
        if (written > sent) send(textOf(lines.slice(-(written - sent))));
        sent = written;
        cancel = clock.after(SEND_EVERY_MS, tick);
      };
      cancel = clock.after(SEND_EVERY_MS, tick);
      return () => cancel();
    },
  };
}

/** The lines that the request wants of those that are there. */
function begun(lines: readonly { at: number; text: string }[], params: URLSearchParams, now: number): string {
  const [tail, seconds, time] = ['tailLines', 'sinceSeconds', 'sinceTime'].map((key) => params.get(key));
  if (tail) return textOf(Number(tail) === 0 ? [] : lines.slice(-Number(tail)));
  // by the second, as the API server passes it on
  const since = time
    ? Math.floor(Date.parse(time) / 1000) * 1000
    : seconds
      ? now - Number(seconds) * 1000
      : 0;
  return textOf(lines.filter(({ at }) => at >= since));
}

function textOf(lines: readonly { text: string }[]): string {
  return lines.map(({ text }) => text).join('');
}

/** No two lines have the same time. */
function stampOf(now: number, index: number): string {
  const nanos = (now % 1000) * 1e6 + (index % 1e6);
  return `${new Date(now).toISOString().slice(0, 19)}.${String(Math.floor(nanos)).padStart(9, '0')}Z`;
}

function lineOf({ host, path, upstream, alternative, tries, status, ms }: LogEntry, now: number): string {
  const [, month, day, year] = /^\w+, (\d+) (\w+) (\d+)/.exec(new Date(now).toUTCString()) ?? [];
  const clockTime = new Date(now).toISOString().slice(11, 19);
  const seconds = (ms / 1000).toFixed(3);
  const each = (value: (of: { address: string; status: number }) => string) =>
    tries.length === 0 ? '-' : tries.map(value).join(', ');
  return [
    `203.0.113.7 - - [${month}/${day}/${year}:${clockTime} +0000] "GET ${path} HTTP/1.1" ${status} 12 "-"`,
    `"load/1 (${host})" 80 ${seconds} [${upstream}] [${alternative}]`,
    each(({ address }) => `${address}:8080`),
    each(() => '12'),
    each(() => seconds),
    each((of) => String(of.status)),
    '6f2c5c1f9a0e4a5bb0a7e1d2c3b4a596',
  ].join(' ');
}
