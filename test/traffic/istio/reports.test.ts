import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { destinationRules, type HttpRule, httpOf } from '../../../src/traffic/istio/kinds.ts';
import { istio } from '../../../src/traffic/istio/router.ts';
import {
  applied,
  down,
  find,
  objectsOf,
  only,
  ruleFor,
  SPLIT,
  said,
  serviceOf,
  steered,
  to,
  up,
  weightsOf,
} from './helpers.ts';

const TESTERS = steered({ header: { name: 'X-Canary', value: 'tester' } });
const rule = (fields: object): HttpRule => ({ route: to({ web: undefined }), ...fields });

/** What users of other tools have reported, and what happens here. The numbers are those of their issues. */
describe('reports of users of Argo Rollouts', () => {
  it('argo-rollouts#4741, #3884, #4097, #2314: rules are found by their destinations, so that a name changes nothing', () => {
    const service = serviceOf([rule({ name: 'a' }), rule({ name: 'b' }), rule({})]);
    for (const weights of weightsOf(only(up(objectsOf([service]), 10))))
      assert.deepEqual(weights, { web: 90, 'web-canary': 10 });
  });

  it('argo-rollouts#3125: other destinations of a rule stay', () => {
    const service = serviceOf([to({ blog: 1, web: 3, docs: 1 })]);
    const [weights] = weightsOf(only(up(objectsOf([service]), 50)));
    assert.deepEqual(weights, { blog: 100, web: 150, 'web-canary': 150, docs: 100 });
  });

  it('argo-rollouts#2010: there may be several DestinationRules for the host', () => {
    const rules = [ruleFor('web'), ruleFor('web', {}, 'pool')];
    const made = up(objectsOf([serviceOf([rule({})])], rules), 10).all(destinationRules);
    assert.deepEqual(
      made.map(({ metadata }) => metadata?.name),
      ['web', 'pool', 'web-canary', 'pool-canary'],
    );
  });

  it('argo-rollouts#2266, #2767: what this program does not know stays, also in the rules for testers', () => {
    const own = {
      retries: { attempts: 3, backoff: '25ms' },
      match: [{ withoutHeaders: { 'x-a': {} }, uri: { prefix: '/' } }],
      mirrors: [{ destination: { host: 'web' }, percentage: { value: 0.5 } }],
    };
    const service = serviceOf([rule(own)]);
    const split = up(objectsOf([service]), 10, TESTERS);
    const [testers, users] = httpOf(only(split));
    assert.deepEqual({ ...users, route: [] }, { ...own, route: [] });
    assert.deepEqual(testers?.match, [{ ...own.match[0], headers: { 'x-canary': { exact: 'tester' } } }]);
    assert.equal(JSON.stringify(only(down(split, TESTERS))), JSON.stringify(service));
  });

  it('argo-rollouts#1734, #3773: the end puts the weights back from 100 %, and writes nothing more', () => {
    const objects = objectsOf([serviceOf([to({ web: 3, blog: 1 })])]);
    const back = down(up(objects, 100));
    assert.deepEqual(only(back), only(objects));
    assert.deepEqual(istio.restore(SPLIT, back), []);
  });

  it('argo-rollouts#4775, PR#4838, #4390, #2507: no write touches the users’ DestinationRule, whose subsets lead to stable', () => {
    const subsets = [{ name: 'v1', labels: { version: 'v1' } }];
    const service = serviceOf([[{ destination: { host: 'web', subset: 'v1' } }]]);
    const objects = objectsOf([service], [ruleFor('web', { subsets })]);
    for (const state of [up(objects, 50), up(objects, 100), down(up(objects, 50))])
      assert.deepEqual(state.all(destinationRules)[0], objects.all(destinationRules)[0]);
  });

  it('argo-rollouts#4390: the canary’s subset exists before the destination that names it, and goes after it', () => {
    const service = serviceOf([[{ destination: { host: 'web', subset: 'v1' } }]]);
    const objects = objectsOf([service], [ruleFor('web', { subsets: [{ name: 'v1' }] })]);
    const kinds = (writes: ReturnType<typeof istio.restore>) => writes.map(({ resource }) => resource.kind);
    assert.deepEqual(kinds(istio.setWeight(SPLIT, objects, 1)), ['DestinationRule', 'VirtualService']);
    assert.deepEqual(kinds(istio.restore(SPLIT, up(objects, 1))), ['VirtualService', 'DestinationRule']);
  });

  it('argo-rollouts#3854: Argo CD is told the path of the destinations, and no field manager that would keep them for ever', () => {
    const annotations = { 'argocd.argoproj.io/tracking-id': 'x' };
    const [warning = ''] = find(objectsOf([serviceOf([rule({})], {}, { annotations })])).warnings;
    assert.match(warning, /jqPathExpressions/);
    assert.doesNotMatch(warning, /managedFieldsManagers/);
  });

  it('argo-rollouts#2769, #2526: rules for testers of a promotion that was left behind are not made again, and all go', () => {
    const service = serviceOf([rule({})]);
    const left = up(objectsOf([service]), 10, TESTERS);
    const again = up(left, 20, TESTERS);
    assert.equal(httpOf(only(again)).length, 2);
    assert.deepEqual(only(down(again, SPLIT)), service);
  });

  it('argo-rollouts#3879: a rule for testers has the matches of the rule that it copies', () => {
    const service = serviceOf([
      { match: [{ uri: { prefix: '/shop' } }], route: to({ web: 1 }) },
      { route: to({ blog: 1 }) },
    ]);
    const [testers] = httpOf(only(up(objectsOf([service]), 10, TESTERS)));
    assert.deepEqual(testers?.match?.[0]?.uri, { prefix: '/shop' });
  });
});

describe('reports of users of Flagger and Istio', () => {
  it('flagger#1715, #1175, #274, #434: a VirtualService that exists is split, with its matches', () => {
    const match = [{ uri: { prefix: '/a' } }, { method: { exact: 'GET' } }];
    const [users] = httpOf(only(up(objectsOf([serviceOf([rule({ match })])]), 10)));
    assert.deepEqual(users?.match, match);
  });

  it('flagger#930, istio#31745: a weight of 0 is written', () => {
    const objects = objectsOf([serviceOf([rule({})])]);
    const entered = applied(objects, istio.setWeight(SPLIT, objects, 10));
    assert.deepEqual(weightsOf(only(entered)), [{ web: 100, 'web-canary': 0 }]);
    assert.deepEqual(weightsOf(only(up(objects, 100))), [{ web: 0, 'web-canary': 100 }]);
  });

  it('flagger#1415: a mirror of the rule stays where it is, also in a delegate', () => {
    const mirror = { mirror: { host: 'shadow' }, mirrorPercentage: { value: 10 } };
    const service = serviceOf([rule(mirror)], { hosts: [], gateways: [] });
    const [users] = httpOf(only(up(objectsOf([service]), 10)));
    assert.deepEqual({ ...users, route: [] }, { ...mirror, route: [] });
  });

  it('istio#5843: a subset without a DestinationRule is refused before anything is written', () => {
    const service = serviceOf([[{ destination: { host: 'web', subset: 'v1' } }]]);
    assert.match(find(objectsOf([service])).refusals[0]?.message ?? '', /sends to subset v1/);
  });

  it('istio#9268: a host that only looks like the Service is not taken for it', () => {
    const objects = objectsOf([serviceOf([to({ 'web.shop': 1 })])]);
    assert.match(find(objects).refusals[0]?.message ?? '', /No VirtualService of the namespace sends to/);
  });

  it('istio#29310: a weight is one update of one object, so that no request finds the rule missing', () => {
    const objects = up(objectsOf([serviceOf([rule({})], {})], [ruleFor('web')]), 10);
    for (const writes of [istio.setWeight(SPLIT, objects, 50), istio.lowerWeight(SPLIT, objects, 0)])
      assert.deepEqual(said(writes), ['update VirtualService/web']);
  });

  it('flagger PR#1024: rules for TCP are no rules for HTTP: those that send to the Service are refused, others stay', () => {
    const tcp = (host: string) => [{ match: [{ port: 5432 }], route: to({ [host]: undefined }) }];
    const own = serviceOf([rule({})], { tcp: tcp('web') });
    assert.match(find(objectsOf([own])).refusals[0]?.message ?? '', /by a `tls` or `tcp` rule/);
    const other = serviceOf([rule({})], { tcp: tcp('db') });
    const half = only(up(objectsOf([other]), 50));
    assert.deepEqual(half.spec?.tcp, tcp('db'));
    assert.deepEqual(weightsOf(half), [{ web: 50, 'web-canary': 50 }]);
  });

  it('flagger#1573: an annotation that a webhook wrote is no edit of the weights', () => {
    const half = only(up(objectsOf([serviceOf([rule({})])]), 50));
    const annotations = { ...half.metadata?.annotations, 'webhook.example.com/seen': '1' };
    const objects = objectsOf([{ ...half, metadata: { ...half.metadata, annotations } }]);
    assert.deepEqual([istio.weight(SPLIT, objects), istio.missing(SPLIT, objects)], [50, []]);
    assert.deepEqual(istio.setWeight(SPLIT, objects, 50), []);
  });
});
