import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service, ServiceSpec } from 'kubernetes-types/core/v1';
import { fixedSource } from '../../../src/cluster/object-source.ts';
import { services as kind } from '../../../src/cluster/resource.ts';
import { switched } from '../../../src/traffic/selector/note.ts';
import { discover } from '../../../src/traffic/service/discover.ts';
import { service } from '../../engines/native/fixtures.ts';

const WEB = service('web', { app: 'web' });
const found = (...all: Service[]) =>
  discover(
    { workload: 'web', services: ['web'], insists: false },
    { ...fixedSource([[kind, all]]), isReadable: () => true },
  );
const withSpec = (spec: ServiceSpec): Service => ({ ...WEB, spec: { ...WEB.spec, ...spec } });
const annotated = (key: string): Service => ({
  ...WEB,
  metadata: { ...WEB.metadata, annotations: { [key]: 'x' } },
});

describe('traffic/service/discover', () => {
  it('takes the Service as its own route', () =>
    assert.deepEqual(found(WEB), {
      routes: [{ stable: 'web', canary: 'web' }],
      refusals: [],
      warnings: [],
      staying: [],
    }));

  const refused: [what: string, Service, code: string, message: RegExp][] = [
    ['a headless one', withSpec({ clusterIP: 'None' }), 'service', /Service\/web is headless/],
    ['a name in DNS', withSpec({ type: 'ExternalName' }), 'service', /Service\/web is an ExternalName/],
    [
      'one whose nodes are chosen by health checks',
      withSpec({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }),
      'service',
      /Service\/web has externalTrafficPolicy: Local/,
    ],
    [
      'one whose callers use their own node alone',
      withSpec({ internalTrafficPolicy: 'Local' }),
      'service',
      /Service\/web has internalTrafficPolicy: Local/,
    ],
    [
      'one that another promotion has switched',
      switched(WEB, 'worker', { app: 'worker-canary' }),
      'foreign-canary',
      /A promotion of Deployment\/worker has switched the selector of Service\/web/,
    ],
    ['one without a selector', service('web', {}), 'service', /No Service of the namespace with a selector/],
  ];
  for (const [what, given, code, message] of refused) {
    it(`refuses ${what}`, () => {
      const [refusal, ...rest] = found(given).refusals;
      assert.deepEqual([refusal?.code, rest], [code, []]);
      assert.match(refusal?.message ?? '', message);
    });
  }

  const told: [what: string, Service, RegExp][] = [
    [
      'that keeps a client on a pod',
      withSpec({ sessionAffinity: 'ClientIP' }),
      /A switch gives each client another pod/,
    ],
    [
      'of Argo CD',
      annotated('argocd.argoproj.io/tracking-id'),
      /ignoreDifferences: \[\{kind: Service, name: web, jsonPointers: \[\/spec\/selector\]\}\]/,
    ],
    ['of Flux', annotated('kustomize.toolkit.fluxcd.io/name'), /kubectl annotate service web kustomize/],
    [
      'of Helm',
      annotated('meta.helm.sh/release-name'),
      /an upgrade during the promotion puts the selector back/,
    ],
    ['of Fleet', annotated('fleet.cattle.io/x'), /managed by Rancher Fleet/],
  ];
  for (const [what, given, warning] of told) {
    it(`tells of a Service ${what}`, () => {
      const { refusals, warnings } = found(given);
      assert.deepEqual(refusals, []);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', warning);
    });
  }

  it('goes on with what its own promotion has switched', () =>
    assert.deepEqual(found(switched(WEB, 'web', { app: 'web-canary' })).refusals, []));
});
