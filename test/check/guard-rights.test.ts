import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../e2e/app.ts';
import { type Rule, rbacRules, rolloutRules } from '../../e2e/rbac.ts';
import { deployRollout } from '../../e2e/rollout/rollout.ts';
import { type GuardRights, guardRightsLine } from '../../src/check/guard-rights.ts';
import { right } from '../../src/cluster/access.ts';
import { deployments, pods } from '../../src/cluster/resource.ts';
import { inSimWorld } from '../sim/world.ts';

const NEEDED = right(deployments, 'list', 'update');
const LOG = { verb: 'get', resource: pods, subresource: 'log', namespace: 'ingress-nginx' } as const;

describe('check/guard-rights', () => {
  const table: [what: string, missing: GuardRights['missing'], line: string][] = [
    ['all are there', [], 'ok ServiceAccount guard has all 2 rights that it needs'],
    [
      'one without which no guard starts',
      [...right(deployments, 'update'), LOG],
      'fault ServiceAccount guard lacks 1 of 2 rights: update deployments.apps > rbac',
    ],
    [
      'one without which it sees less',
      [LOG],
      'note ServiceAccount guard has all 2 rights that it needs; it lacks optional ones: get pods/log in namespace ingress-nginx. > rbac',
    ],
    [
      'nobody may ask',
      undefined,
      'note Whether ServiceAccount guard has the 2 rights that it needs is not known: only an administrator may ask. > kubectl -n shop auth can-i --list --as=system:serviceaccount:shop:guard',
    ],
  ];
  for (const [what, missing, line] of table) {
    it(what, () => {
      const known = { namespace: 'shop', account: 'guard', required: [...NEEDED, ...NEEDED], missing };
      const { state, detail, help } = guardRightsLine(known, 'rbac');
      assert.equal(`${state} ${detail}${help === undefined ? '' : ` > ${help}`}`, line);
    });
  }
});

describe('action: check, the rights of the guard', () => {
  const reviews = (resource: string): Rule => ({
    apiGroups: ['authorization.k8s.io'],
    resources: [resource],
    verbs: ['create'],
  });
  const check = (rules: readonly Rule[], more: Record<string, unknown> = {}) =>
    inSimWorld(rules, async (world) => {
      await (more.workload ? deployRollout(world, { template: 'own' }) : deployApp(world));
      const guard = { guard: true, guard_image: world.guardImage, unwatched: 'allow' };
      const step = world.step({ ...SETTINGS, ...guard, ...more, action: 'check' });
      const { log } = await step.done;
      assert.deepEqual(step.writes(), []);
      return log;
    });
  const administrator = [reviews('subjectaccessreviews'), reviews('localsubjectaccessreviews')];

  it('an administrator sees that the account has them', async () =>
    assert.match(
      await check([...rbacRules(), ...administrator]),
      / ok +guard +ServiceAccount drone-promote-guard has all \d+ rights that it needs\n/,
    ));

  it('an account without any of them is a fault, with the command that grants them', async () =>
    assert.match(
      await check([...rbacRules(), ...administrator], { guard_service_account: 'other' }),
      / fault +guard +ServiceAccount other lacks (\d+) of \1 rights: .*\n +drone-promote rbac .*--guard-service-account=other/,
    ));

  for (const [what, rules] of [
    ['the account of a step', []],
    [
      'an administrator of the namespace, whom the controller’s namespace is closed to',
      administrator.slice(1),
    ],
  ] as const) {
    it(`${what} may not ask, and gets the command`, async () =>
      assert.match(
        await check([...rbacRules(), ...rules]),
        / note +guard +Whether .* only an administrator may ask\.\n +kubectl -n shop auth can-i --list --as=\S+:drone-promote-guard\n/,
      ));
  }

  it('is told of the guard of a Rollout, too', async () =>
    assert.match(
      await check([...rolloutRules(), ...administrator], { workload: 'rollout/web' }),
      / ok +guard +ServiceAccount drone-promote-guard has all \d+ rights/,
    ));

  it('without a guard, nobody is asked about', async () =>
    assert.doesNotMatch(await check([...rbacRules(), ...administrator], { guard: false }), /ServiceAccount/));
});
