import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { PodSpec } from 'kubernetes-types/core/v1';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import {
  canaryDeployment,
  MANAGED_BY,
  MANAGER,
  ownLabels,
  WORKLOAD_LABEL,
  withImages,
} from '../../src/workload/canary-copy.ts';
import { withoutTracking } from '../../src/workload/ownership.ts';

const LABEL = { key: 'app', stable: 'web', canary: 'web-canary' };
const IMAGES = { app: 'web:2' };

interface Given {
  metadata?: Deployment['metadata'];
  spec?: Partial<NonNullable<Deployment['spec']>>;
  pod?: Partial<PodSpec>;
}

function stable({ metadata, spec, pod }: Given = {}): Deployment {
  return {
    metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', ...metadata },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', tier: 'front' } },
        spec: { containers: [{ name: 'app', image: 'web:1' }], ...pod },
      },
      ...spec,
    },
    status: { replicas: 4 },
  };
}

const copy = (given: Given = {}, label = LABEL) =>
  canaryDeployment(stable(given), 'web-canary', label, IMAGES, 2);

describe('workload/canary-copy', () => {
  it('is a Deployment of its own: name, replicas, nothing of what the server wrote', () => {
    const canary = copy({ spec: { revisionHistoryLimit: 10, minReadySeconds: 5 } });
    assert.deepEqual(canary.metadata, {
      name: 'web-canary',
      namespace: 'shop',
      labels: { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: 'web' },
    });
    assert.equal(canary.status, undefined);
    assert.equal(canary.spec?.replicas, 2);
    assert.equal(canary.spec?.revisionHistoryLimit, 0);
    assert.equal(canary.spec?.minReadySeconds, 5);
  });

  it('changes one label of the pods, and keeps the others', () => {
    const canary = copy();
    assert.deepEqual(canary.spec?.template.metadata?.labels, { app: 'web-canary', tier: 'front' });
    assert.deepEqual(canary.spec?.selector, { matchLabels: { app: 'web-canary' } });
  });

  it('changes that label of the Deployment itself only where it has it', () => {
    const labels = { app: 'web', team: 'a' };
    const { metadata } = copy({ metadata: { labels } });
    assert.equal(metadata?.labels?.app, 'web-canary');
    assert.equal(metadata?.labels?.team, undefined, 'what the pods do not have may be a mark of a tool');
    assert.equal(copy({ metadata: { labels: { team: 'a' } } }).metadata?.labels?.app, undefined);
  });

  const selectors: [what: string, selector: LabelSelector, wanted: LabelSelector][] = [
    [
      'more labels',
      { matchLabels: { app: 'web', tier: 'front' } },
      { matchLabels: { app: 'web-canary', tier: 'front' } },
    ],
    [
      'another label only',
      { matchLabels: { tier: 'front' } },
      { matchLabels: { tier: 'front', app: 'web-canary' } },
    ],
    [
      'an expression on the label',
      { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'old-web'] }] },
      { matchLabels: { app: 'web-canary' } },
    ],
    [
      'an expression on another label',
      {
        matchLabels: { app: 'web' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['front'] },
          { key: 'app', operator: 'Exists' },
        ],
      },
      {
        matchLabels: { app: 'web-canary' },
        matchExpressions: [{ key: 'tier', operator: 'In', values: ['front'] }],
      },
    ],
  ];
  for (const [what, selector, wanted] of selectors) {
    it(`selects the canary's pods alone: ${what}`, () =>
      assert.deepEqual(copy({ spec: { selector } }).spec?.selector, wanted));
  }

  it('gives the new image to the named containers, init containers too, and to no other', () => {
    const canary = canaryDeployment(
      stable({
        pod: {
          initContainers: [
            { name: 'migrate', image: 'web:1', args: ['migrate'] },
            { name: 'wait', image: 'busybox:1' },
          ],
          containers: [
            { name: 'app', image: 'web:1', env: [{ name: 'A', value: '1' }] },
            { name: 'proxy', image: 'envoy:1' },
          ],
        },
      }),
      'web-canary',
      LABEL,
      { app: 'web:2', migrate: 'web:2' },
      1,
    );
    assert.deepEqual(canary.spec?.template.spec, {
      initContainers: [
        { name: 'migrate', image: 'web:2', args: ['migrate'] },
        { name: 'wait', image: 'busybox:1' },
      ],
      containers: [
        { name: 'app', image: 'web:2', env: [{ name: 'A', value: '1' }] },
        { name: 'proxy', image: 'envoy:1' },
      ],
    });
  });

  it('adds no init containers, and takes no name of every object for a container', () => {
    const spec: PodSpec = { containers: [{ name: 'constructor', image: 'web:1' }] };
    assert.deepEqual(withImages(spec, IMAGES), spec);
  });

  it('lets affinity and spread follow the label at whatever depth, and nothing else', () => {
    const about = (app: string): LabelSelector => ({ matchLabels: { app, tier: 'front' } });
    const among = (...values: string[]): LabelSelector => ({
      matchExpressions: [
        { key: 'app', operator: 'In', values },
        { key: 'tier', operator: 'In', values: ['web'] },
        { key: 'app', operator: 'Exists' },
      ],
    });
    const spread = (labelSelector: LabelSelector) => ({
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector,
    });
    const affinity = (own: LabelSelector, listed: LabelSelector) => ({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }],
        },
      },
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'zone',
            labelSelector: { matchLabels: { app: 'cache' } },
            namespaceSelector: { matchLabels: { app: 'web' } },
          },
        ],
      },
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'host', labelSelector: own, matchLabelKeys: ['pod-template-hash'] },
        ],
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, podAffinityTerm: { topologyKey: 'zone', labelSelector: listed } },
        ],
      },
    });
    const { spec } = copy({
      pod: {
        affinity: affinity(about('web'), among('web', 'api')),
        topologySpreadConstraints: [spread(about('web')), spread({ matchLabels: { tier: 'web' } })],
      },
    });
    assert.deepEqual(
      spec?.template.spec?.affinity,
      affinity(about('web-canary'), among('web-canary', 'api')),
    );
    assert.deepEqual(spec?.template.spec?.topologySpreadConstraints, [
      spread(about('web-canary')),
      spread({ matchLabels: { tier: 'web' } }),
    ]);
  });

  it('changes nothing of what it was given', () => {
    const given = stable({ pod: { topologySpreadConstraints: [], affinity: {} } });
    const before = structuredClone(given);
    canaryDeployment(given, 'web-canary', LABEL, IMAGES, 2);
    assert.deepEqual(given, before);
  });

  it('stands a Deployment that says next to nothing', () => {
    const canary = canaryDeployment({}, 'web-canary', LABEL, IMAGES, 1);
    assert.deepEqual(canary.spec?.selector, { matchLabels: { app: 'web-canary' } });
    assert.deepEqual(canary.spec?.template.spec?.containers, []);
  });
});

describe('workload/canary-copy tracking', () => {
  const tracked = [
    'argocd.argoproj.io/instance',
    'argocd.argoproj.io/tracking-id',
    'argocd.argoproj.io/sync-wave',
    'kustomize.toolkit.fluxcd.io/name',
    'helm.toolkit.fluxcd.io/namespace',
    'fluxcd.io/sync-checksum',
    'meta.helm.sh/release-name',
    'helm.sh/chart',
    'app.kubernetes.io/managed-by',
    'app.kubernetes.io/instance',
    'kubectl.kubernetes.io/last-applied-configuration',
    'deployment.kubernetes.io/revision',
    'kubernetes.io/change-cause',
    'objectset.rio.cattle.io/hash',
    'fleet.cattle.io/bundle-id',
    'workload.user.cattle.io/workloadselector',
    'kapp.k14s.io/app',
    'applyset.kubernetes.io/part-of',
    'addonmanager.kubernetes.io/mode',
    'keel.sh/policy',
  ];
  const own = [
    'app',
    'app.kubernetes.io/name',
    'app.kubernetes.io/version',
    'app.kubernetes.io/instance-id',
    'kubectl.kubernetes.io/restartedAt',
    'prometheus.io/scrape',
    'example.com/helm.sh/',
    'my-argocd.argoproj.io/instance',
    'not-keel.sh/policy',
    'constructor',
  ];
  const map = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 'x']));

  for (const key of tracked) {
    it(`leaves out ${key}`, () => assert.deepEqual(withoutTracking({ [key]: 'x' }), {}));
  }
  for (const key of own) {
    it(`keeps ${key}`, () => assert.deepEqual(withoutTracking({ [key]: 'x' }), { [key]: 'x' }));
  }

  it('makes nothing of nothing', () => assert.deepEqual(withoutTracking(undefined), {}));

  it('is left out of the canary, where it would be pruned, taken over or updated by that tool', () => {
    const labels = map([...tracked, ...own]);
    const template = { metadata: { labels: { ...labels, app: 'web' } }, spec: { containers: [] } };
    const { metadata } = copy({ metadata: { labels, annotations: labels }, spec: { template } });
    const { app: _, ...kept } = map(own);
    assert.deepEqual(metadata?.labels, { ...kept, ...ownLabels('web') });
    assert.equal(metadata?.annotations, undefined);
  });

  it('is gone from the pods’ annotations, and their labels stay whole: a Service may select by them', () => {
    const labels = { app: 'web', 'app.kubernetes.io/instance': 'web', 'helm.sh/chart': 'web-1' };
    const template = { metadata: { labels, annotations: map(tracked) }, spec: { containers: [] } };
    const { spec } = copy({ spec: { template } });
    assert.deepEqual(spec?.template.metadata, { labels: { ...labels, app: 'web-canary' } });
  });

  it('may be the very label that splits: the pods have it, and the Deployment does not', () => {
    const key = 'app.kubernetes.io/instance';
    const template = { metadata: { labels: { [key]: 'web' } }, spec: { containers: [] } };
    const of = { metadata: { labels: { [key]: 'web' } }, spec: { template } };
    const { metadata, spec } = copy(of, { ...LABEL, key });
    assert.equal(metadata?.labels?.[key], undefined);
    assert.equal(spec?.template.metadata?.labels?.[key], 'web-canary');
  });
});
