import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fixedSource } from '../../../src/cluster/object-source.ts';
import { ingresses } from '../../../src/cluster/resource.ts';
import { requestSources } from '../../../src/traffic/nginx/request-sources.ts';
import type { SourceAccess } from '../../../src/traffic/router.ts';
import { virtualClock } from '../../sim/virtual-clock.ts';

it('the access log counts nothing without the Ingress, whose backends name the lines; the counters do', async () => {
  const clock = virtualClock(0);
  const split = {
    namespace: 'shop',
    workload: 'web',
    services: [{ stable: 'web', canary: 'web-canary' }],
    routes: [{ stable: 'web', canary: 'web-web-canary' }],
  };
  const access = { clock, controllerNamespace: 'ingress-nginx' } as Partial<SourceAccess> as SourceAccess;
  const sources = requestSources(split, fixedSource([[ingresses, []]]), access);
  assert.deepEqual(
    sources.map(({ name }) => name),
    ['the access log of ingress-nginx', 'the counters of ingress-nginx', 'the counters of Traefik'],
  );
  assert.deepEqual(await sources[0]?.poll(), {
    unavailable: 'Ingress/web does not exist, or the credentials may not `list` ingresses.',
  });
  clock.stop();
});
