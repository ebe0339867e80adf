import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rbacObjects } from '../../e2e/rbac.ts';
import type { RightsRequest } from '../../src/rbac/grant.ts';
import type { Name } from '../../src/settings/table/index.ts';
import { assertWhole } from './invariants.ts';

type Texts = Partial<Record<Name, string>>;

const JOB = '{"name":"smoke","job":{"image":"example.com/checks:1"}}';
const BEFORE = '[{"name":"migrate","command":["./migrate"]}]';
const POD = '{"name":"queue","path":"/queue","port":8080,"max":10}';
const QUERY = '{"name":"queue","query":"queue","max":10}';
const NATIVE = { workload: 'deployment/web' } satisfies Texts;
const ROLLOUT = { workload: 'rollout/web' } satisfies Texts;
const HOOK = { urls: 'http://keel:9300/v1/webhooks/native' } satisfies Texts;

/** `ACCOUNT: ROLE in NAMESPACE`, in the order in which they are printed. */
function bindings(texts: Texts, more?: Partial<RightsRequest>): string[] {
  return rbacObjects(texts, more).flatMap((object) => {
    if (!('roleRef' in object)) return [];
    const where = object.metadata?.namespace === undefined ? '' : ` in ${object.metadata.namespace}`;
    return (object.subjects ?? []).map(({ name }) => `${name}: ${object.roleRef.name}${where}`);
  });
}

const WATCHED = [
  'drone-promote: drone-promote-nginx-counters:shop in ingress-nginx',
  'drone-promote: drone-promote-nginx-access-log:shop in ingress-nginx',
];
const NODES = 'drone-promote: drone-promote-nodes:shop';
const DEPLOYMENT = [
  'drone-promote: drone-promote in shop',
  'drone-promote: drone-promote-pace in shop',
  'drone-promote: drone-promote-keda in shop',
  'drone-promote: drone-promote-policies:shop',
  'drone-promote: drone-promote-nginx in shop',
  'drone-promote: drone-promote-gateway in shop',
  'drone-promote: drone-promote-istio in shop',
  'drone-promote: drone-promote-traefik in shop',
  'drone-promote: drone-promote-pods in shop',
];
const CLASSES = 'drone-promote: drone-promote-nginx-classes:shop';
const POLICIES = 'drone-promote: drone-promote-gateway-policies in shop';
const ENVOY_LOG = 'drone-promote: drone-promote-gateway-envoy-log:shop in envoy-gateway-system';
const ISTIO = 'drone-promote: drone-promote-istio-counters:shop in istio-system';
const TRAEFIK = [
  'drone-promote: drone-promote-traefik-classes:shop',
  'drone-promote: drone-promote-traefik-middlewares in shop',
];
const DRIVE = ['drone-promote: drone-promote-rollouts in shop', 'drone-promote: drone-promote-pods in shop'];
const ROUTED = ['drone-promote: drone-promote-rollouts-routes in shop', ...WATCHED];

describe('rbac: which Roles there are, by the settings', () => {
  const table: [what: string, texts: Texts, expected: string[], more?: Partial<RightsRequest>][] = [
    [
      'a Deployment',
      NATIVE,
      [...DEPLOYMENT, CLASSES, ...WATCHED, POLICIES, ENVOY_LOG, ISTIO, ...TRAEFIK, NODES],
    ],
    [
      'with a guard, which sees what the step sees',
      { ...NATIVE, guard: 'true' },
      [
        ...DEPLOYMENT,
        'drone-promote: drone-promote-guarded in shop',
        'drone-promote-guard: drone-promote-guard in shop',
        'drone-promote-guard: drone-promote-guard-pace in shop',
        'drone-promote-guard: drone-promote-guard-keda in shop',
        'drone-promote-guard: drone-promote-guard-nginx in shop',
        'drone-promote-guard: drone-promote-guard-gateway in shop',
        'drone-promote-guard: drone-promote-guard-istio in shop',
        'drone-promote-guard: drone-promote-guard-traefik in shop',
        CLASSES,
        WATCHED[0] ?? '',
        'drone-promote-guard: drone-promote-guard-nginx-counters:shop in ingress-nginx',
        WATCHED[1] ?? '',
        'drone-promote-guard: drone-promote-guard-nginx-access-log:shop in ingress-nginx',
        POLICIES,
        ENVOY_LOG,
        'drone-promote-guard: drone-promote-guard-gateway-envoy-log:shop in envoy-gateway-system',
        ISTIO,
        'drone-promote-guard: drone-promote-guard-istio-counters:shop in istio-system',
        ...TRAEFIK,
        NODES,
      ],
    ],
    [
      'with nothing that is judged, and a registry that is not asked',
      { ...NATIVE, false_alarm: '0', verify: 'false' },
      [...DEPLOYMENT.slice(0, 8), CLASSES, POLICIES, ...TRAEFIK],
    ],
    [
      'with a check of a pod alone',
      { ...NATIVE, false_alarm: '0', checks: POD },
      [...DEPLOYMENT, CLASSES, ...WATCHED, POLICIES, ENVOY_LOG, ISTIO, ...TRAEFIK, NODES],
    ],
    [
      'with a check by a Job',
      { ...NATIVE, checks: JOB },
      [
        ...DEPLOYMENT,
        'drone-promote: drone-promote-check-jobs in shop',
        CLASSES,
        ...WATCHED,
        POLICIES,
        ENVOY_LOG,
        ISTIO,
        ...TRAEFIK,
        NODES,
      ],
    ],
    [
      'with a check that queries Prometheus',
      { ...NATIVE, prometheus: 'http://prometheus', checks: QUERY },
      [
        ...DEPLOYMENT,
        'drone-promote: drone-promote-monitors in shop',
        CLASSES,
        ...WATCHED,
        POLICIES,
        ENVOY_LOG,
        ISTIO,
        ...TRAEFIK,
        NODES,
      ],
    ],
    [
      'with a controller in another namespace',
      { ...NATIVE, controller_namespace: 'edge' },
      [
        ...DEPLOYMENT,
        CLASSES,
        ...WATCHED.map((each) => each.replace('in ingress-nginx', 'in edge')),
        POLICIES,
        ENVOY_LOG,
        'drone-promote: drone-promote-gateway-traefik-counters:shop in edge',
        ISTIO.replace('in istio-system', 'in edge'),
        ...TRAEFIK,
        'drone-promote: drone-promote-traefik-counters:shop in edge',
        NODES,
      ],
    ],
    [
      'with Secrets for the registry',
      NATIVE,
      [
        ...DEPLOYMENT,
        CLASSES,
        ...WATCHED,
        POLICIES,
        ENVOY_LOG,
        ISTIO,
        ...TRAEFIK,
        'drone-promote: drone-promote-pull-registry in shop',
        NODES,
      ],
      { pullSecrets: ['registry'] },
    ],
    [
      'with one router',
      { ...NATIVE, traffic: 'gateway' },
      [...DEPLOYMENT.filter((each) => !/-(nginx|istio|traefik)/.test(each)), POLICIES, ENVOY_LOG, NODES],
    ],
    [
      'a StatefulSet with Jobs around the release, which its guard goes on with',
      { workload: 'statefulset/web', guard: 'true', before: BEFORE },
      [
        'drone-promote: drone-promote-statefulset in shop',
        'drone-promote: drone-promote-pods in shop',
        'drone-promote: drone-promote-jobs in shop',
        'drone-promote: drone-promote-guarded in shop',
        'drone-promote-guard: drone-promote-guard-statefulset in shop',
        'drone-promote-guard: drone-promote-guard-jobs in shop',
        NODES,
      ],
    ],
    ['a Rollout', ROLLOUT, [...DRIVE, ...ROUTED, NODES]],
    [
      'a Rollout with a guard, which judges nothing',
      { ...ROLLOUT, guard: 'true' },
      [
        ...DRIVE,
        'drone-promote: drone-promote-rollouts-guarded in shop',
        'drone-promote-guard: drone-promote-guard-rollouts in shop',
        ...ROUTED,
        NODES,
      ],
    ],
    [
      'a Rollout with a check of a pod alone',
      { ...ROLLOUT, false_alarm: '0', checks: POD },
      [...DRIVE, ...ROUTED, NODES],
    ],
    [
      'a Rollout that is made first',
      { ...ROLLOUT, bootstrap: 'true' },
      [
        ...DRIVE,
        'drone-promote: drone-promote-bootstrap in shop',
        'drone-promote: drone-promote-bootstrap-classes:shop',
        'drone-promote: drone-promote-bootstrap-plugin:shop in argo-rollouts',
        ...ROUTED,
        NODES,
      ],
    ],
    [
      'a Rollout that is undone, which may have been made with checks',
      { ...ROLLOUT, bootstrap: 'undo', false_alarm: '0', verify: 'false' },
      [
        DRIVE[0] ?? '',
        'drone-promote: drone-promote-bootstrap in shop',
        'drone-promote: drone-promote-bootstrap-checks in shop',
        'drone-promote: drone-promote-bootstrap-classes:shop',
        'drone-promote: drone-promote-bootstrap-plugin:shop in argo-rollouts',
      ],
    ],
    [
      'Keel, whatever else is set',
      { ...HOOK, guard: 'true', verify: 'true' },
      [
        'drone-promote-keel: drone-promote-keel in shop',
        'drone-promote-keel: drone-promote-keel-revert in shop',
        'drone-promote-keel: drone-promote-keel-pods in shop',
        'drone-promote-keel: drone-promote-keel-nginx in shop',
        'drone-promote-keel: drone-promote-keel-nginx-classes:shop',
        'drone-promote-keel: drone-promote-keel-nginx-counters:shop in ingress-nginx',
        'drone-promote-keel: drone-promote-keel-nginx-access-log:shop in ingress-nginx',
        'drone-promote-keel: drone-promote-keel-gateway in shop',
        'drone-promote-keel: drone-promote-keel-gateway-policies in shop',
        'drone-promote-keel: drone-promote-keel-gateway-envoy-log:shop in envoy-gateway-system',
        'drone-promote-keel: drone-promote-keel-istio in shop',
        'drone-promote-keel: drone-promote-keel-istio-counters:shop in istio-system',
        'drone-promote-keel: drone-promote-keel-traefik in shop',
        'drone-promote-keel: drone-promote-keel-traefik-classes:shop',
        'drone-promote-keel: drone-promote-keel-traefik-middlewares in shop',
      ],
    ],
    [
      'Keel without a judge',
      { ...HOOK, false_alarm: '0' },
      ['drone-promote-keel: drone-promote-keel in shop'],
    ],
    [
      'Keel with checks alone',
      { ...HOOK, false_alarm: '0', checks: `[${POD}]` },
      [
        'drone-promote-keel: drone-promote-keel in shop',
        'drone-promote-keel: drone-promote-keel-revert in shop',
        'drone-promote-keel: drone-promote-keel-pods in shop',
      ],
    ],
  ];
  for (const [what, texts, expected, more] of table) {
    it(what, () => {
      assert.deepEqual(bindings(texts, more), expected);
      assertWhole(rbacObjects(texts, more));
    });
  }
});
