import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, Service, ServiceSpec } from 'kubernetes-types/core/v1';
import { fixedSource } from '../../../src/cluster/object-source.ts';
import { services as kind, pods as podKind } from '../../../src/cluster/resource.ts';
import { discover } from '../../../src/traffic/replicas/discover.ts';
import { switched } from '../../../src/traffic/selector/note.ts';
import type { SplitPods } from '../../../src/traffic/split.ts';
import { service } from '../../engines/native/fixtures.ts';

const LABELS = { app: 'web', tier: 'front', 'part-of': 'shop' };
const PODS: SplitPods = {
  labels: LABELS,
  selected: { app: 'web' },
  label: { key: 'app', stable: 'web', canary: 'web-canary' },
};
const WEB = service('web', { app: 'web' });

/** A pod of that Deployment. */
function pod(deployment: string, labels: Record<string, string>, phase = 'Running'): Pod {
  return {
    metadata: {
      name: `${deployment}-1-a`,
      labels: { ...labels, 'pod-template-hash': '1' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${deployment}-1`, uid: '1', controller: true },
      ],
    },
    status: { phase },
  };
}

const OWN = [pod('web', LABELS), pod('web-canary', { ...LABELS, app: 'web-canary' })];

function found(
  given: Service,
  others: readonly Pod[] = [],
  pods: SplitPods | undefined = PODS,
  mayList = true,
) {
  const source = fixedSource([
    [kind, [given]],
    [podKind, mayList ? [...OWN, ...others] : []],
  ]);
  const target = { workload: 'web', services: ['web'], insists: true, ...(pods ? { pods } : {}) };
  return discover(target, { ...source, isReadable: (resource) => mayList || resource !== podKind });
}
const bothOf = (...given: Parameters<typeof found>) => found(...given).routes[0]?.both;
const withSpec = (spec: ServiceSpec): Service => ({ ...WEB, spec: { ...WEB.spec, ...spec } });

describe('traffic/replicas/discover: the selector for both versions', () => {
  const own = { app: 'web', tier: 'front' };
  it('is the own one without the label that tells them apart', () =>
    assert.deepEqual(bothOf(service('web', own)), { tier: 'front' }));

  it('has more labels of the pods if it would be empty, or if other pods have these', () => {
    assert.deepEqual(bothOf(WEB), { tier: 'front', 'part-of': 'shop' });
    const blog = pod('blog', { app: 'blog', tier: 'front' });
    assert.deepEqual(bothOf(service('web', own), [blog]), { tier: 'front', 'part-of': 'shop' });
  });

  it('has those first that no rollout changes', () => {
    const selected = { app: 'web', tier: 'front' };
    assert.deepEqual(bothOf(WEB, [], { ...PODS, selected }), { tier: 'front' });
  });

  it('is made of the selector of before, if a promotion of the workload has widened it', () =>
    assert.deepEqual(bothOf(switched(WEB, 'web', { tier: 'front' }, 10)), {
      tier: 'front',
      'part-of': 'shop',
    }));

  it('counts no pod that has ended', () =>
    assert.deepEqual(bothOf(service('web', own), [pod('once', { tier: 'front' }, 'Succeeded')]), {
      tier: 'front',
    }));

  it('is not needed for a plan that splits nothing', () => {
    const { routes, refusals } = found(WEB, [], null as never);
    assert.deepEqual([routes, refusals], [[{ stable: 'web', canary: 'web' }], []]);
  });
});

describe('traffic/replicas/discover: what is refused, and what is told', () => {
  const only = { ...PODS, labels: { app: 'web' } };
  const twin = pod('twin', { ...LABELS, app: 'twin' });
  const refused: [what: string, Parameters<typeof found>, code: string, message: RegExp][] = [
    ['a headless one', [withSpec({ clusterIP: 'None' })], 'service', /is headless/],
    ['a name in DNS', [withSpec({ type: 'ExternalName' })], 'service', /is an ExternalName/],
    ['callers who use their own node', [withSpec({ internalTrafficPolicy: 'Local' })], 'service', /Local/],
    [
      'pods before they are ready',
      [withSpec({ publishNotReadyAddresses: true })],
      'service',
      /before they are ready/,
    ],
    ['pods with one label alone', [WEB, [], only], 'selector', /have no label but "app"/],
    [
      'labels that other pods have too',
      [WEB, [twin]],
      'selector',
      /Pod\/twin-1-a has all labels of these pods too/,
    ],
    [
      'a Service with guests',
      [WEB, [pod('legacy', { app: 'web' })]],
      'service',
      /also sends to Pod\/legacy-1-a/,
    ],
    ['pods that may not be listed', [WEB, [], PODS, false], 'rights', /may not list pods/],
    [
      "another promotion's",
      [switched(WEB, 'worker', { tier: 'front' }, 10)],
      'foreign-canary',
      /Deployment\/worker/,
    ],
  ];
  for (const [what, given, code, message] of refused) {
    it(`refuses ${what}`, () => {
      const [refusal, ...rest] = found(...given).refusals;
      assert.deepEqual([refusal?.code, rest], [code, []]);
      assert.match(refusal?.message ?? '', message);
    });
  }

  it('tells of what makes the share another one than that of the pods', () => {
    const { warnings, refusals } = found(
      withSpec({ sessionAffinity: 'ClientIP', trafficDistribution: 'PreferClose' }),
    );
    assert.deepEqual(refusals, []);
    assert.match(
      warnings.join('\n'),
      /ClientIP: a client stays on its pod[^\n]*\n.*PreferClose: users get the pods near/,
    );
  });
});
