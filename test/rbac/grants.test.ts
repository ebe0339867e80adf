import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { grantsOf, rbacObjects, rulesOf } from '../../e2e/rbac.ts';
import type { Right } from '../../src/cluster/client.ts';
import * as argo from '../../src/engines/argo/rights.ts';
import * as keel from '../../src/engines/keel/rights.ts';
import * as native from '../../src/engines/native/plan/rights.ts';
import type { RightsRequest } from '../../src/rbac/grant.ts';
import type { Name } from '../../src/settings/table/index.ts';
import { nginx } from '../../src/traffic/nginx/router.ts';
import { assertWhole } from './invariants.ts';

type Texts = Partial<Record<Name, string>>;

const STEP = 'drone-promote';
const GUARD = 'drone-promote-guard';
const KEEL = 'drone-promote-keel';
const JOB = '{"name":"smoke","job":{"image":"example.com/checks:1"}}';
const POD = '{"name":"queue","path":"/queue","port":8080,"max":10}';
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

/** What an account may do. */
const rightsOf = (texts: Texts, account: string, more?: Partial<RightsRequest>) =>
  new Set(grantsOf(rulesOf(rbacObjects(texts, more), account)));

/** Rights of the engines, as they are written here. */
const worded = (rights: readonly Right[]): string[] =>
  rights.map(({ verb, resource, subresource, namespace = 'shop' }) => {
    const name = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    return `${verb} ${resource.group}/${name}${resource.namespaced ? ` in ${namespace}` : ''}`;
  });

const WATCHED = [
  'drone-promote: drone-promote-nginx-counters:shop in ingress-nginx',
  'drone-promote: drone-promote-nginx-access-log:shop in ingress-nginx',
];
const NODES = 'drone-promote: drone-promote-nodes:shop';
const DEPLOYMENT = [
  'drone-promote: drone-promote in shop',
  'drone-promote: drone-promote-nginx in shop',
  'drone-promote: drone-promote-pods in shop',
];
const CLASSES = 'drone-promote: drone-promote-nginx-classes:shop';
const DRIVE = 'drone-promote: drone-promote-rollouts in shop';

describe('rbac: which Roles there are, by the settings', () => {
  const table: [what: string, texts: Texts, expected: string[], more?: Partial<RightsRequest>][] = [
    ['a Deployment', NATIVE, [...DEPLOYMENT, CLASSES, ...WATCHED, NODES]],
    [
      'with a guard, which sees what the step sees',
      { ...NATIVE, guard: 'true' },
      [
        ...DEPLOYMENT,
        'drone-promote: drone-promote-guarded in shop',
        'drone-promote-guard: drone-promote-guard in shop',
        'drone-promote-guard: drone-promote-guard-nginx in shop',
        CLASSES,
        WATCHED[0] ?? '',
        'drone-promote-guard: drone-promote-guard-nginx-counters:shop in ingress-nginx',
        WATCHED[1] ?? '',
        'drone-promote-guard: drone-promote-guard-nginx-access-log:shop in ingress-nginx',
        NODES,
      ],
    ],
    [
      'with nothing that is judged, and a registry that is not asked',
      { ...NATIVE, false_alarm: '0', verify: 'false' },
      [...DEPLOYMENT.slice(0, 2), CLASSES],
    ],
    [
      'with a check of a pod alone',
      { ...NATIVE, false_alarm: '0', checks: POD },
      [...DEPLOYMENT, CLASSES, ...WATCHED, NODES],
    ],
    [
      'with a check by a Job',
      { ...NATIVE, checks: JOB },
      [...DEPLOYMENT, 'drone-promote: drone-promote-check-jobs in shop', CLASSES, ...WATCHED, NODES],
    ],
    [
      'with a controller in another namespace',
      { ...NATIVE, controller_namespace: 'edge' },
      [...DEPLOYMENT, CLASSES, ...WATCHED.map((each) => each.replace('in ingress-nginx', 'in edge')), NODES],
    ],
    [
      'with Secrets for the registry',
      NATIVE,
      [...DEPLOYMENT, CLASSES, ...WATCHED, 'drone-promote: drone-promote-pull-registry in shop', NODES],
      { pullSecrets: ['registry'] },
    ],
    ['a Rollout', ROLLOUT, [DRIVE, ...WATCHED, NODES]],
    [
      'a Rollout with a guard, which judges nothing',
      { ...ROLLOUT, guard: 'true' },
      [
        DRIVE,
        'drone-promote: drone-promote-rollouts-guarded in shop',
        'drone-promote-guard: drone-promote-guard-rollouts in shop',
        ...WATCHED,
        NODES,
      ],
    ],
    [
      'a Rollout with a check of a pod',
      { ...ROLLOUT, checks: POD },
      [DRIVE, 'drone-promote: drone-promote-pods in shop', ...WATCHED, NODES],
    ],
    [
      'a Rollout that is made first',
      { ...ROLLOUT, bootstrap: 'true' },
      [
        DRIVE,
        'drone-promote: drone-promote-bootstrap in shop',
        'drone-promote: drone-promote-bootstrap-classes:shop',
        'drone-promote: drone-promote-bootstrap-plugin:shop in argo-rollouts',
        ...WATCHED,
        NODES,
      ],
    ],
    [
      'a Rollout that is undone, which may have been made with checks',
      { ...ROLLOUT, bootstrap: 'undo', false_alarm: '0', verify: 'false' },
      [
        DRIVE,
        'drone-promote: drone-promote-bootstrap in shop',
        'drone-promote: drone-promote-bootstrap-checks in shop',
        'drone-promote: drone-promote-bootstrap-classes:shop',
        'drone-promote: drone-promote-bootstrap-plugin:shop in argo-rollouts',
      ],
    ],
    ['Keel', HOOK, ['drone-promote-keel: drone-promote-keel in shop']],
    [
      'Keel with checks, whatever else is set',
      { ...HOOK, checks: `[${POD}]`, guard: 'true', verify: 'true' },
      [
        'drone-promote-keel: drone-promote-keel in shop',
        'drone-promote-keel: drone-promote-keel-checks in shop',
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

describe('rbac: what the rights are', () => {
  const settings = fc.record({
    workload: fc.constantFrom('deployment/web', 'rollout/web'),
    guard: fc.boolean(),
    guard_service_account: fc.constantFrom(GUARD, 'sentinel', STEP),
    checks: fc.subarray([JOB, POD, '"restarts <= 0"']),
    false_alarm: fc.constantFrom('0', '1%'),
    verify: fc.constantFrom('true', 'false'),
    bootstrap: fc.constantFrom('false', 'true', 'undo'),
    controller_namespace: fc.constantFrom('ingress-nginx', 'edge'),
    namespace: fc.constantFrom('shop', 'edge', 'argo-rollouts'),
    pullSecrets: fc.subarray(['registry', 'mirror.example']),
  });
  const textsOf = ({
    checks,
    guard,
    namespace: _,
    pullSecrets: __,
    bootstrap,
    workload,
    ...rest
  }: typeof settings extends fc.Arbitrary<infer T> ? T : never): Texts => ({
    ...rest,
    workload,
    guard: String(guard),
    bootstrap: workload.startsWith('rollout') ? bootstrap : 'false',
    ...(checks.length > 0 ? { checks: `[${checks}]` } : {}),
  });

  it('every Role is bound, every binding and every object has its place, whatever is set', () => {
    fc.assert(
      fc.property(settings, (each) => {
        assertWhole(rbacObjects(textsOf(each), each));
      }),
    );
  });

  it('an account has what its engine asks for, what that reads where it may, and nothing else', () => {
    fc.assert(
      fc.property(settings, (each) => {
        // one account for both has the rights of both
        const texts = { ...textsOf(each), guard_service_account: GUARD };
        const { guard, checks, bootstrap, pullSecrets } = each;
        const isNative = each.workload.startsWith('deployment');
        const jobs = checks.includes(JOB);
        const [hasPod, isJudged] = [checks.includes(POD), each.false_alarm !== '0'];
        const isWatched = isJudged || checks.some((check) => check !== JOB);
        const counters = ['list /pods', 'get /pods/proxy', 'get /pods/log', 'get /configmaps'].map(
          (right) => `${right} in ${each.controller_namespace}`,
        );
        const makes = !isNative && bootstrap !== 'false';
        const step = [
          ...(isNative
            ? [
                ...worded(native.rightsToPromote(nginx, { guard, jobs, autoscaler: true })),
                ...worded(native.rightsToLook([nginx])),
                'get /persistentvolumeclaims in shop',
                'list networking.k8s.io/ingressclasses',
              ]
            : worded([...argo.TO_DRIVE, ...(guard ? argo.TO_BE_GUARDED : [])])),
          ...(makes ? worded([...argo.TO_BOOTSTRAP, ...argo.TO_ROUTE, ...argo.MAY_LOOK]) : []),
          ...(makes ? ['list networking.k8s.io/ingressclasses', 'list /configmaps in argo-rollouts'] : []),
          ...(makes && (bootstrap === 'undo' || checks.length > 0) ? worded(argo.TO_ANALYSE) : []),
          ...(hasPod || (isNative && isJudged) ? ['get /pods/proxy in shop'] : []),
          ...(isWatched ? counters : []),
          ...(each.verify === 'true' ? ['list /nodes'] : []),
          ...(each.verify === 'true' && pullSecrets.length > 0 ? ['get /secrets in shop'] : []),
        ];
        assert.deepEqual(rightsOf(texts, STEP, { pullSecrets }), new Set(step));
        const hold = ['list', 'watch', 'update'].map(
          (verb) => `${verb} autoscaling/horizontalpodautoscalers in shop`,
        );
        const watching = isNative
          ? [...worded(native.rightsToGuard(nginx)), ...hold, ...counters]
          : worded(argo.TO_GUARD);
        assert.deepEqual(rightsOf(texts, GUARD, { pullSecrets }), new Set(guard ? watching : []));
      }),
    );
  });

  it('the guard makes nothing', () => {
    for (const workload of ['deployment/web', 'rollout/web']) {
      const guard = [...rightsOf({ workload, guard: 'true' }, GUARD)];
      assert.ok(guard.length > 0);
      assert.deepEqual(
        guard.filter((right) => right.startsWith('create ')),
        [],
      );
    }
  });

  it('an account with Keel reads; with checks it updates, and makes and deletes nothing', () => {
    assert.deepEqual(rightsOf(HOOK, KEEL), new Set(worded(keel.TO_FOLLOW)));
    assert.ok(keel.TO_FOLLOW.every(({ verb }) => verb === 'get' || verb === 'list'));
    const checked = rightsOf({ ...HOOK, checks: 'restarts <= 0' }, KEEL);
    assert.deepEqual(checked, new Set(worded([...keel.TO_FOLLOW, ...keel.TO_REVERT])));
  });

  it('one account for step and guard has the rights of both, in one Role', () => {
    const texts = { ...NATIVE, guard: 'true', guard_service_account: STEP };
    assertWhole(rbacObjects(texts));
    const both = [
      ...rightsOf({ ...NATIVE, guard: 'true' }, STEP),
      ...rightsOf({ ...NATIVE, guard: 'true' }, GUARD),
    ];
    assert.deepEqual(rightsOf(texts, STEP), new Set(both));
  });

  it('Secrets, and ConfigMaps of a controller, are named', () => {
    const objects = rbacObjects(
      { ...ROLLOUT, bootstrap: 'true' },
      { pullSecrets: ['registry'], controllerConfig: 'edge' },
    );
    const named = rulesOf(objects, STEP)
      .filter(({ resources }) => resources.some((each) => ['secrets', 'configmaps'].includes(each)))
      .map(({ verbs, resources, resourceNames, namespace }) => [
        ...verbs,
        ...resources,
        resourceNames,
        namespace,
      ]);
    assert.deepEqual(named, [
      ['list', 'configmaps', ['argo-rollouts-config'], 'argo-rollouts'],
      ['get', 'configmaps', ['edge'], 'ingress-nginx'],
      ['get', 'secrets', ['registry'], 'shop'],
    ]);
  });

  it('what two workloads of a namespace need adds up: an object of one name has the same content', () => {
    fc.assert(
      fc.property(settings, settings, (one, other) => {
        const of = (each: typeof one) =>
          rbacObjects({
            ...textsOf(each),
            guard_service_account: GUARD,
            controller_namespace: 'ingress-nginx',
          });
        const known = new Map(
          of(one).map((each) => [`${each.kind} ${each.metadata?.namespace} ${each.metadata?.name}`, each]),
        );
        for (const each of of(other)) {
          const same = known.get(`${each.kind} ${each.metadata?.namespace} ${each.metadata?.name}`);
          if (same) assert.deepEqual(each, same);
        }
      }),
    );
  });

  it('the objects of two namespaces are apart', () => {
    const of = (namespace: string) =>
      rbacObjects({ ...NATIVE, guard: 'true' }, { namespace }).map(
        ({ kind, metadata }) => `${kind} ${metadata?.namespace} ${metadata?.name}`,
      );
    const shop = new Set(of('shop'));
    assert.deepEqual(
      of('blog').filter((each) => shop.has(each)),
      [],
    );
  });
});
