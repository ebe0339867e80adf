import type { Socket } from 'node:net';
import { followService, type ServiceTarget } from '../lab/kube-proxy.ts';
import { type LoadTarget, startLoadGenerator } from './generator.ts';
import { startGrpcLoad } from './grpc.ts';
import type { LoadGenerator } from './open-loop.ts';
import { startWebsocketLoad } from './websocket.ts';

/**
 * The load generator as a process of its own: its target comes as the first argument, `report` and `stop` as messages. With a second one,
 * the requests go to that Service.
 */
const target: LoadTarget = JSON.parse(process.argv[2] ?? '');
const service: ServiceTarget | undefined = process.argv[3] ? JSON.parse(process.argv[3]) : undefined;
const starting = (service ? followService(service) : Promise.resolve(undefined)).then((open) =>
  start(target, open),
);
starting.catch(failed);
process.on('message', (message) => {
  if (message === 'report') starting.then((generator) => process.send?.(generator.report())).catch(failed);
  if (message === 'stop') {
    starting
      .then((generator) => generator.stop())
      .then((report) => process.send?.(report, () => process.exit(0)))
      .catch(failed);
  }
});
// whoever started it is gone
process.on('disconnect', () => process.exit(0));

function start(given: LoadTarget, open: (() => Socket) | undefined): LoadGenerator {
  if (given.kind === 'grpc') return startGrpcLoad(given);
  if (given.kind === 'websocket') return startWebsocketLoad(given);
  return startLoadGenerator(given, open);
}

function failed(error: unknown): void {
  console.error(error);
  process.exit(1);
}
