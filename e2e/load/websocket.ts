import { WebSocket } from 'ws';
import type { LoadTarget } from './generator.ts';
import { countAnswer, type LoadGenerator, openLoop } from './open-loop.ts';

const TIMEOUT_MS = 10_000;
/** How long a user wants a connection, and how often the user says something on it. */
const LASTS_MS = 10_000;
const SAYS_MS = 500;

/**
 * Users with websockets, so many new ones a second. Each wants its connection for ten seconds, says something on it every half a second, and
 * the app answers with its version. A connection that was never made has failed; one that ended before is counted as cut.
 */
export function startWebsocketLoad({ address, port, host, path, rate }: LoadTarget): LoadGenerator {
  const loop = openLoop(rate, open, () => {});
  const report = loop.report();
  const cut: Record<string, number> = {};
  report.cut = cut;

  function open(at: number): void {
    loop.begin();
    let version: string | undefined;
    let error: string | undefined;
    let lasted = false;
    let talking: NodeJS.Timeout | undefined;
    const socket = new WebSocket(`ws://${address}:${port}${path}`, {
      headers: { host },
      handshakeTimeout: TIMEOUT_MS,
    });
    const hangUp = setTimeout(() => {
      lasted = true;
      socket.close();
    }, LASTS_MS);
    socket.once('open', () => {
      socket.send('hello');
      talking = setInterval(() => socket.send('hello'), SAYS_MS);
    });
    socket.on('message', (data) => {
      if (version === undefined) countAnswer(report, data.toString(), at);
      version = data.toString();
    });
    socket.once('error', ({ message }) => {
      error = message;
    });
    socket.once('close', () => {
      clearInterval(talking);
      clearTimeout(hangUp);
      if (version === undefined) report.failures.push({ at, status: 0, error: error ?? 'ended unanswered' });
      else if (!lasted) cut[version] = (cut[version] ?? 0) + 1;
      loop.end();
    });
  }

  return loop;
}
