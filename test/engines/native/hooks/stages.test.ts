import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makePlan } from '../../../../src/engines/native/plan/make-plan.ts';
import { isSamePromotion, type Plan } from '../../../../src/engines/native/plan/plan.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { stagesUp } from '../../../../src/engines/native/plan/stages-up.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, inventory, plan, record, spec, TO } from '../fixtures.ts';
import { hook, RUN, ran } from './fixtures.ts';

const HOOKS = { before: [hook('migrate', RUN)], after: [hook('reindex')] };
const JOBS = { hooks: HOOKS };
const up = (over: Partial<Plan>) => stagesUp(plan(over)).map(({ kind }) => kind);
const down = (over: Partial<PromotionRecord>) =>
  stagesOf(record({ plan: plan(JOBS), direction: 'down', ...over })).map(({ name }) => name);

describe('the stages of Jobs around a release', () => {
  it('come first, and after stable was updated, while the canary can still carry the users', () => {
    assert.deepEqual(up({ ...JOBS, finish: 'pace', pace: { readySeconds: 5, surge: '4%' } }), [
      'before',
      'weight',
      'weight',
      'update-stable',
      'after',
      'update-stable',
      'shift-back',
      'clean-up',
    ]);
    const shift = up(JOBS);
    assert.deepEqual(shift.slice(shift.indexOf('shift')), [
      'shift',
      'update-stable',
      'after',
      'update-stable',
      'shift-back',
      'clean-up',
    ]);
  });

  it('are those of blue/green, too', () => {
    const of = up({ ...JOBS, strategy: 'bluegreen', steps: [{ kind: 'weight', weight: 100, holdMs: 1000 }] });
    assert.deepEqual(of, [
      'before',
      'grow',
      'weight',
      'update-stable',
      'after',
      'update-stable',
      'shift-back',
      'clean-up',
    ]);
  });

  it('have an end at which the Jobs are removed, if stable is updated at once', () =>
    assert.deepEqual(up({ ...JOBS, steps: [] }), ['before', 'update-stable', 'after', 'clean-up']));

  it('do not exist in a plan without Jobs', () =>
    assert.ok(!up({}).some((kind) => ['before', 'after', 'undo'].includes(kind))));

  it('come last on the way back, when the users are on stable and the canary is gone', () => {
    assert.deepEqual(down({ ran: [ran('before migrate')] }), ['weight 0', 'clean up', 'undo']);
    assert.deepEqual(down({ ran: [ran('after reindex')] }), ['weight 0', 'clean up', 'remove the Jobs']);
    assert.deepEqual(down({}), ['weight 0', 'clean up', 'remove the Jobs']);
  });
});

describe('the plan of Jobs around a release', () => {
  const made = (over: Parameters<typeof spec>[0], given = inventory()) => {
    const planned = makePlan(spec({ ...HOOKS, ...over }), given, [nginx]);
    return 'plan' in planned ? planned : assert.fail(planned.refusals.map(({ message }) => message).join());
  };

  it('has them, and says them', () => {
    const { plan: of, lines } = made({});
    assert.deepEqual(of.hooks, HOOKS);
    assert.deepEqual(lines.slice(1, 3), [
      'before: Job migrate (1m at most, with an undo), before anything of the release exists',
      'after: Job reindex (1m at most, without an undo), when all pods of stable run the release',
    ]);
  });

  it('has none if stable has the image already, because nothing is brought out', () => {
    const web = deployment('web', TO, 4);
    const rolling = { ...web, status: { ...web.status, updatedReplicas: 1 } };
    const { plan: of } = made({}, inventory({ deployments: [rolling] }));
    assert.deepEqual([of.hooks, of.steps], [undefined, []]);
  });

  it('is another promotion if a Job is another', () => {
    const a = plan(JOBS);
    assert.equal(isSamePromotion(a, plan(JOBS)), true);
    assert.equal(isSamePromotion(a, plan({ hooks: { ...HOOKS, before: [hook('migrate')] } })), false);
    assert.equal(isSamePromotion(a, plan({ hooks: { ...HOOKS, after: [] } })), false);
  });

  it('is refused if a Job is to run like a container that is not there', () => {
    const before = [{ ...hook('migrate'), container: 'wep' }];
    const planned = makePlan(spec({ before }), inventory(), [nginx]);
    assert.deepEqual('refusals' in planned && planned.refusals.map(({ code, message }) => [code, message]), [
      ['container', 'Job migrate is to run like container "wep", but Deployment/web has app.'],
    ]);
    assert.equal(FROM, made({}).plan.from);
  });
});
