import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { grantsOf, rbacObjects, rulesOf } from '../../e2e/rbac.ts';
import type { Right } from '../../src/cluster/client.ts';
import * as argo from '../../src/engines/argo/rights.ts';
import * as keel from '../../src/engines/keel/rights.ts';
import { MAY_TAKE_OUT } from '../../src/engines/native/plan/finish/may-take-out.ts';
import * as native from '../../src/engines/native/plan/rights.ts';
import { TO_ASK_PODS } from '../../src/engines/shared/rights.ts';
import type { RightsRequest } from '../../src/rbac/grant.ts';
import type { Name } from '../../src/settings/table/index.ts';
import { gateway } from '../../src/traffic/gateway-api/router.ts';
import { istio } from '../../src/traffic/istio/router.ts';
import { nginx } from '../../src/traffic/nginx/router.ts';
import { traefik } from '../../src/traffic/traefik/router.ts';
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

/** Where no Traefik is. */
const NOWHERE = { namespace: 'ingress-nginx', configMap: '' };

/** What an account may do. */
const rightsOf = (texts: Texts, account: string, more?: Partial<RightsRequest>) =>
  new Set(grantsOf(rulesOf(rbacObjects(texts, more), account)));

/** Rights of the engines, as they are written here. */
const worded = (rights: readonly Right[]): string[] =>
  rights.map(({ verb, resource, subresource, namespace = 'shop' }) => {
    const name = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    return `${verb} ${resource.group}/${name}${resource.namespaced ? ` in ${namespace}` : ''}`;
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
        const place = { namespace: each.controller_namespace, configMap: '' };
        const ofIstio = worded(istio.optionalRights(place).flatMap(({ rights }) => rights));
        const makes = !isNative && bootstrap !== 'false';
        const step = [
          ...(isNative
            ? [
                ...worded(native.rightsToPromote(nginx, { guard, jobs, autoscaler: { name: 'web' } })),
                ...worded(native.TO_PAUSE_KEDA),
                ...worded(native.TO_COPY_POLICIES),
                'list networking.k8s.io/networkpolicies',
                ...worded([gateway, istio, traefik].flatMap((router) => router.rightsFor('promote'))),
                ...worded(native.rightsToLook([nginx, gateway, istio, traefik])),
                ...worded(
                  [gateway, traefik].flatMap((router) =>
                    router
                      .optionalRights(NOWHERE)
                      .filter(({ use }) => use === 'plan' || isWatched)
                      .flatMap(({ rights }) => rights),
                  ),
                ),
                ...worded(native.MAY_LOOK),
                ...worded(MAY_TAKE_OUT),
                'list networking.k8s.io/ingressclasses',
              ]
            : worded([...argo.TO_DRIVE, ...(guard ? argo.TO_BE_GUARDED : [])])),
          ...(makes ? worded([...argo.TO_BOOTSTRAP, ...argo.TO_ROUTE, ...argo.MAY_LOOK]) : []),
          ...(makes ? ['list networking.k8s.io/ingressclasses', 'list /configmaps in argo-rollouts'] : []),
          ...(makes && (bootstrap === 'undo' || checks.length > 0) ? worded(argo.TO_ANALYSE) : []),
          ...(hasPod || isJudged ? ['get /pods/proxy in shop'] : []),
          ...(!isNative && isWatched ? worded(argo.TO_KNOW_ROUTES) : []),
          ...(isWatched ? counters : []),
          ...(isNative && isWatched ? ofIstio : []),
          ...(each.verify === 'true' ? ['list /nodes'] : []),
          ...(each.verify === 'true' && pullSecrets.length > 0 ? ['get /secrets in shop'] : []),
        ];
        assert.deepEqual(rightsOf(texts, STEP, { pullSecrets }), new Set(step));
        const hold = ['list', 'watch', 'update'].map(
          (verb) => `${verb} autoscaling/horizontalpodautoscalers in shop`,
        );
        const watching = isNative
          ? [
              ...worded([
                ...native.rightsToGuard(nginx),
                ...native.TO_REMOVE_POLICIES,
                ...MAY_TAKE_OUT,
                ...native.TO_PAUSE_KEDA,
                ...gateway.rightsFor('guard'),
                ...traefik.rightsFor('guard'),
                ...istio.rightsFor('guard'),
              ]),
              ...hold,
              ...counters,
              ...worded(
                gateway
                  .optionalRights(NOWHERE)
                  .filter(({ use }) => use === 'watch')
                  .flatMap(({ rights }) => rights),
              ),
              ...ofIstio,
            ]
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

  it('an account with Keel reads and restores images, and makes and deletes nothing', () => {
    const all = rightsOf(HOOK, KEEL);
    const reads = worded([
      ...keel.TO_FOLLOW,
      ...keel.TO_FIND_ROUTES,
      ...nginx.rightsFor('look'),
      ...TO_ASK_PODS,
    ]);
    for (const each of [...reads, ...worded(keel.TO_REVERT)]) assert.ok(all.has(each), each);
    const writes = [...all].filter((each) => !/^(get|list) /.test(each));
    assert.deepEqual(new Set(writes), new Set(worded(keel.TO_REVERT)));
  });

  it('an account with Keel only reads the workloads if nothing is judged', () => {
    for (const off of [{ false_alarm: '0' }, { bake: '0' }])
      assert.deepEqual(rightsOf({ ...HOOK, ...off }, KEEL), new Set(worded(keel.TO_FOLLOW)));
    assert.ok(keel.TO_FOLLOW.every(({ verb }) => verb === 'get' || verb === 'list'));
    const checked = rightsOf({ ...HOOK, false_alarm: '0', checks: 'restarts <= 0' }, KEEL);
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
