import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HttpRule, httpOf } from '../../../src/traffic/istio/kinds.ts';
import { istio } from '../../../src/traffic/istio/router.ts';
import type { Mirror, RouteObjects, TrafficSplit } from '../../../src/traffic/split.ts';
import type { Mirroring } from '../../../src/traffic/without-users.ts';
import { applied, objectsOf, only, SPLIT, serviceOf, steered, to, up } from './helpers.ts';

const mirroring = istio.mirror as Mirroring;
const GET: Mirror = { percent: 10, methods: 'get' };
const split = (mirror: Mirror = GET, of: TrafficSplit = SPLIT): TrafficSplit => ({ ...of, mirror });
const copying = (objects: RouteObjects, of: TrafficSplit = split()) =>
  applied(objects, mirroring.start(of, objects));
/** Name, matches, and where copies go, of each rule. */
const shown = (objects: RouteObjects) =>
  httpOf(only(objects)).map(({ name, match, mirror, mirrorPercentage }) => [
    name,
    match,
    mirror?.host,
    mirrorPercentage?.value,
  ]);

const WEB = serviceOf([
  { name: 'blog', match: [{ uri: { prefix: '/blog' } }], route: to({ blog: undefined }) },
  {
    name: 'api',
    match: [{ uri: { prefix: '/api' } }, { headers: { 'x-old': { exact: '1' } } }],
    route: to({ web: 1 }),
  },
  to({ web: undefined }),
]);

describe('rules that copy requests', () => {
  it('stand in front of the rule that they copy, for GET alone, and the rule itself stays as it is (flagger#244, #487, PR#492)', () => {
    const before = up(objectsOf([WEB]), 0);
    const after = copying(before);
    const method = { exact: 'GET' };
    assert.deepEqual(shown(after), [
      ['blog', [{ uri: { prefix: '/blog' } }], undefined, undefined],
      [
        'drone-promote.web.mirror.0',
        [
          { uri: { prefix: '/api' }, method },
          { headers: { 'x-old': { exact: '1' } }, method },
        ],
        'web-canary',
        10,
      ],
      ['api', httpOf(WEB)[1]?.match, undefined, undefined],
      ['drone-promote.web.mirror.1', [{ method }], 'web-canary', 10],
      [undefined, undefined, undefined, undefined],
    ]);
    const users = (objects: RouteObjects) =>
      httpOf(only(objects)).filter(({ mirror }) => mirror === undefined);
    assert.deepEqual(users(after), users(before));
    assert.deepEqual(
      httpOf(only(after))[1]?.route?.map(({ destination, weight }) => [destination?.host, weight]),
      [
        ['web', 100],
        ['web-canary', 0],
      ],
    );
  });

  it('copy every method if told to', () => {
    const after = copying(up(objectsOf([WEB]), 0), split({ percent: 100, methods: 'all' }));
    assert.deepEqual(shown(after)[3], ['drone-promote.web.mirror.1', [{}], 'web-canary', 100]);
  });

  it("stand behind the testers' rules: a tester is on one side, and is not copied", () => {
    const testers = { ...steered({ header: { name: 'X-Canary', value: 'tester' } }) };
    const objects = copying(up(objectsOf([serviceOf([to({ web: 1 })])]), 0, testers), split(GET, testers));
    assert.deepEqual(
      httpOf(only(objects)).map(({ name }) => name),
      ['drone-promote.web.testers.0', 'drone-promote.web.mirror.0', undefined],
    );
  });

  it('send copies to the subset of the canary', () => {
    const rule: HttpRule = { route: [{ destination: { host: 'web', subset: 'v1' } }] };
    assert.deepEqual(httpOf(only(copying(objectsOf([serviceOf([rule])]))))[0]?.mirror, {
      host: 'web-canary',
      subset: 'v1',
    });
  });

  it('are made once, and are missed if somebody removes or changes one (argo-rollouts#2463)', () => {
    const made = copying(up(objectsOf([WEB]), 0));
    assert.deepEqual(mirroring.start(split(), made), []);
    const service = only(made);
    const other = httpOf(service).map((rule) =>
      rule.mirrorPercentage ? { ...rule, mirrorPercentage: { value: 99 } } : rule,
    );
    const changed = objectsOf([{ ...service, spec: { ...service.spec, http: other } }]);
    assert.equal(mirroring.start(split(), changed).length, 1);
  });

  const ends: [name: string, end: (objects: RouteObjects) => RouteObjects][] = [
    ['stop', (objects) => applied(objects, mirroring.stop(split(), objects))],
    ['weight 0', (objects) => applied(objects, istio.lowerWeight(split(), objects, 0))],
    ['a lower weight', (objects) => applied(objects, istio.lowerWeight(SPLIT, objects, 5))],
  ];
  for (const [name, end] of ends) {
    it(`go with ${name}, and the users' rules stay`, () => {
      const before = up(objectsOf([WEB]), 0);
      assert.deepEqual(shown(end(copying(before))), shown(before));
    });
  }

  it('are part of what remains, and go to the letter when the routes are restored, also without an entry', () => {
    for (const before of [objectsOf([WEB]), up(objectsOf([WEB]), 0)]) {
      const made = copying(before);
      assert.notDeepEqual(istio.remains(SPLIT, made), []);
      const after = applied(made, istio.restore(SPLIT, made));
      assert.deepEqual(only(after), WEB);
      assert.deepEqual(istio.remains(SPLIT, after), []);
    }
  });

  it('do not count as users of the canary, nor as rules of the users', () => {
    const made = copying(up(objectsOf([WEB]), 0));
    assert.equal(istio.weight(SPLIT, made), 0);
    assert.deepEqual(istio.missing(SPLIT, made), []);
    assert.deepEqual(istio.setWeight(SPLIT, made, 0), []);
  });
});

describe('requests that are not copied: refused', () => {
  const said = (rules: Parameters<typeof serviceOf>[0], mirror: Mirror = GET) =>
    mirroring
      .refusals(split(mirror), objectsOf([serviceOf(rules)]))
      .map(({ code, message }) => `${code}: ${message}`);

  const cases: [name: string, rules: Parameters<typeof serviceOf>[0], expected: RegExp][] = [
    [
      'a rule that copies already',
      [{ name: 'all', mirror: { host: 'shadow' }, route: to({ web: 1 }) }],
      /^mirror-requests: .*Rule "all" of VirtualService\/web copies its requests already/,
    ],
    [
      'a rule that copies already, in the newer form',
      [{ mirrors: [{ destination: { host: 'shadow' } }], route: to({ web: 1 }) }],
      /Rule 1 of VirtualService\/web copies its requests already/,
    ],
    ['a rule that sends to others as well', [to({ web: 3, blog: 1 })], /sends to several Services/],
    [
      'a rule for another method',
      [{ match: [{ method: { exact: 'POST' } }], route: to({ web: 1 }) }],
      /matches methods of which GET is not known to be one/,
    ],
    [
      'a rule for methods by a pattern',
      [{ match: [{ method: { regex: 'GET|HEAD' } }], route: to({ web: 1 }) }],
      /matches methods of which GET is not known to be one/,
    ],
  ];
  for (const [name, rules, expected] of cases) {
    it(name, () => assert.match(said(rules).join('\n'), expected));
  }

  it('but not: rules for GET, rules of other Services, destinations at weight 0, and any method if told so', () => {
    const fine: HttpRule[] = [
      { match: [{ method: { exact: 'GET' } }], route: to({ web: 1 }) },
      { mirror: { host: 'shadow' }, route: to({ blog: 1 }) },
      { route: to({ web: 1, blog: 0 }) },
    ];
    assert.deepEqual(said(fine), []);
    const post: HttpRule[] = [{ match: [{ method: { exact: 'POST' } }], route: to({ web: 1 }) }];
    assert.deepEqual(said(post, { percent: 10, methods: 'all' }), []);
  });
});
