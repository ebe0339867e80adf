import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diagnose, type NotInForce } from '../../../../src/engines/native/decide/not-in-force.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';

const SEEN: NotInForce = {
  stage: '10 %',
  weight: 10,
  canary: 0,
  total: 450,
  stableReady: { web: 4 },
  canaryReady: { 'web-canary': 1 },
  rivals: [],
  needsStablePods: nginx.needsStablePods,
  commands: ['kubectl -n shop describe ingress web-canary'],
  namespace: 'shop',
};
const RIVAL = 'Ingress/other is another canary on the same host and path: ingress-nginx uses one of them.';

const CASES: [what: string, seen: Partial<NotInForce>, reason: RegExp, hint: RegExp][] = [
  [
    'stable has no ready pod',
    { stableReady: { web: 0 } },
    /Service\/web of the stable version has no ready pod\. ingress-nginx answers 503 /,
    /get endpointslices -l kubernetes\.io\/service-name=web/,
  ],
  [
    'stable has no ready pod, and nothing else fits either: stable is the reason',
    { stableReady: { web: 4, api: 0 }, canaryReady: { 'web-canary': 0 }, rivals: [RIVAL] },
    /Service\/api of the stable version/,
    /service-name=api/,
  ],
  [
    'stable has no ready pod, behind a router that does not mind',
    { stableReady: { web: 0 }, needsStablePods: undefined },
    /does not know the canary/,
    /describe ingress web-canary/,
  ],
  [
    'the canary has no ready pod',
    { canaryReady: { 'web-canary': 0 } },
    /Service\/web-canary has no ready pod/,
    /get endpointslices -l kubernetes\.io\/service-name=web-canary/,
  ],
  ['another Ingress decides', { rivals: [RIVAL] }, /Ingress\/other is another canary/, /get ingress/],
  [
    'nobody comes to a canary that is ready',
    {},
    /^The weight of 10 % is not in force: the canary got 0 of the last 450 requests \(0 %\), where about 45 were expected\. Its pods are ready, and the router sends nobody/,
    /Look: kubectl -n shop describe ingress web-canary/,
  ],
  ['more come than the weight says', { canary: 300 }, /sends more of them to the canary/, /describe ingress/],
  [
    'fewer come than the weight says',
    { canary: 5 },
    /keeps them on stable, or not every replica/,
    /describe/,
  ],
];

describe('engines/native/decide/not-in-force', () => {
  for (const [what, seen, reason, hint] of CASES) {
    it(what, () => {
      const found = diagnose({ ...SEEN, ...seen });
      assert.match(found.reason, reason);
      assert.match(found.hints.join('\n'), hint);
    });
  }
});
