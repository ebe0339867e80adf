import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { Cluster } from '../../../src/cluster/client.ts';
import { pollControllers } from '../../../src/traffic/nginx/controller-counters.ts';

/** The recorded page of a controller with counters, and that of one without: what its process counts alone. */
const PAGE = readFileSync(new URL('ingress-nginx-page.txt', import.meta.url), 'utf8');
const PROCESS = 'go_goroutines 90\nprocess_start_time_seconds 1.7961e+09\n';
const SELECTION = { namespace: 'shop', ingresses: ['web'], stableServices: ['web'], canaryServices: [] };

/** What is read of controllers with these pages. */
function poll(...pages: readonly string[]): ReturnType<ReturnType<typeof pollControllers>> {
  const items = pages.map((_, index) => ({
    metadata: {
      uid: `${index}`,
      name: `${index}`,
      namespace: 'ingress-nginx',
      labels: { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' },
    },
    status: { phase: 'Running' },
  }));
  const cluster = {
    list: async () => ({ items }),
    proxy: async (_: string, pod: string) => pages[Number(pod)],
  } as unknown as Cluster;
  return pollControllers(cluster, systemClock, SELECTION, 'ingress-nginx')();
}

describe('the counters of ingress-nginx', () => {
  it('are not there if its metrics are switched off, though it answers', async () => {
    const answer = await poll(PROCESS);
    assert.match('unavailable' in answer ? answer.unavailable : '', /switched off .*--enable-metrics=false/);
  });

  it('are read of each replica that has them', async () => {
    const answer = await poll(PAGE, PROCESS, PAGE);
    assert.deepEqual('reading' in answer ? [...answer.reading.keys()] : answer, ['0', '2']);
  });
});
