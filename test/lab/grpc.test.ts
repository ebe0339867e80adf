import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, createGrpcServer } from '../../e2e/lab/node/grpc-server.ts';
import { startGrpcLoad } from '../../e2e/load/grpc.ts';
import type { LoadReport } from '../../e2e/world.ts';

/** What users report of a server that answers like this. */
async function reportOf(answer: () => Answer): Promise<LoadReport> {
  const server = createGrpcServer('1.0.0', answer).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const load = startGrpcLoad({ address: '127.0.0.1', port, host: 'shop', path: '/', rate: 100 });
    await sleep(300);
    return await load.stop();
  } finally {
    server.close();
  }
}

describe('gRPC on the lab', () => {
  it('counts each call, by the version that answered', async () => {
    const { sent, failures, versions } = await reportOf(() => ({ status: 0, delayMs: 0 }));
    assert.ok(sent > 10, `${sent}`);
    assert.deepEqual([failures, versions], [[], { '1.0.0': sent }]);
  });

  it('counts a call as failed by the status of gRPC, although HTTP says 200', async () => {
    let calls = 0;
    const report = await reportOf(() => ({ status: calls++ % 2 === 0 ? 0 : 13, delayMs: 1 }));
    assert.equal(report.failures.length, Math.floor(report.sent / 2));
    const [{ at: _, ...first } = { at: 0 }] = report.failures;
    assert.deepEqual(first, { status: 200, error: 'grpc-status 13', version: '1.0.0' });
  });
});
