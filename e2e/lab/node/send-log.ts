import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StampedLog } from './stamped-log.ts';

/** Answers a request for a container's log as a kubelet does: each line is sent as it comes, in a chunk of its own. */
export function sendLog(
  log: StampedLog,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.socket.setNoDelay(true);
  response.writeHead(200, { 'content-type': 'text/plain' });
  for (const line of log.select(query, Date.now())) response.write(line);
  if (query.get('follow') !== 'true') {
    response.end();
    return;
  }
  const stop = log.follow(query, { take: (line) => response.write(line), end: () => response.end() });
  response.once('close', stop);
}
