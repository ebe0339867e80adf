import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { httpOf } from '../../../src/traffic/istio/kinds.ts';
import { istio } from '../../../src/traffic/istio/router.ts';
import type { Steer } from '../../../src/traffic/split.ts';
import { applied, down, find, objectsOf, only, serviceOf, steered, to, up } from './helpers.ts';

const WEB = serviceOf([
  { name: 'blog', match: [{ uri: { prefix: '/blog' } }], route: to({ blog: undefined }) },
  {
    name: 'api',
    match: [{ uri: { prefix: '/api' } }, { headers: { 'x-old': { exact: '1' } } }],
    retries: { attempts: 1 },
    route: to({ web: 3, blog: 1 }),
  } as never,
  to({ web: undefined }),
]);
const TESTER = { header: { name: 'X-Canary', value: 'tester' } };
const made = (steer: Steer) => up(objectsOf([WEB]), 10, steered(steer));

/** Name, matches and hosts of each rule. */
const shown = (steer: Steer) =>
  httpOf(only(made(steer))).map(({ name, match, route = [] }) => [
    name,
    match?.map(({ headers }) => headers),
    route.map(({ destination }) => destination?.host),
  ]);

describe("testers' rules", () => {
  it('stand in front of the rule that they copy, with each of its matches and the header in lower case', () => {
    const header = { 'x-canary': { exact: 'tester' } };
    assert.deepEqual(shown(TESTER), [
      ['blog', [undefined], ['blog']],
      ['drone-promote.web.testers.0', [header, { 'x-old': { exact: '1' }, ...header }], ['web-canary']],
      ['api', [undefined, { 'x-old': { exact: '1' } }], ['web', 'web-canary', 'blog']],
      ['drone-promote.web.testers.1', [header], ['web-canary']],
      [undefined, undefined, ['web', 'web-canary']],
    ]);
  });

  it('keep what the rule has: retries, rewrites, mirrors', () => {
    const [, testers] = httpOf(only(made(TESTER)));
    assert.deepEqual((testers as unknown as { retries: object }).retries, { attempts: 1 });
  });

  const table: [name: string, steer: Steer, header: string, matches: [object, side: string][]][] = [
    [
      'a header without a value',
      { header: { name: 'X-Canary' } },
      'x-canary',
      [
        [{ exact: 'always' }, 'web-canary'],
        [{ exact: 'never' }, 'web'],
      ],
    ],
    [
      'a pattern, which must match the whole value for Istio',
      { header: { name: 'X-Tenant', pattern: '^(beta|staff)-' } },
      'x-tenant',
      [[{ regex: '.*(?:^(beta|staff)-).*' }, 'web-canary']],
    ],
    [
      'a cookie, by a regular expression on the header cookie',
      { cookie: 'can.ary' },
      'cookie',
      [
        [{ regex: '^(.*;\\s*)?can\\.ary=always(;.*)?$' }, 'web-canary'],
        [{ regex: '^(.*;\\s*)?can\\.ary=never(;.*)?$' }, 'web'],
      ],
    ],
  ];
  for (const [name, steer, header, expected] of table) {
    it(name, () => {
      const rules = httpOf(only(up(objectsOf([serviceOf([to({ web: 1 })])]), 1, steered(steer))));
      assert.deepEqual(
        rules
          .slice(0, -1)
          .map(({ match, route }) => [match?.[0]?.headers?.[header], route?.[0]?.destination?.host]),
        expected,
      );
    });
  }

  it('the patterns match as those of ingress-nginx do', () => {
    const [rule] = httpOf(
      only(up(objectsOf([serviceOf([to({ web: 1 })])]), 1, steered({ cookie: 'canary' }))),
    );
    const regex = new RegExp(`^(?:${rule?.match?.[0]?.headers?.cookie?.regex})$`);
    for (const sent of ['canary=always', 'a=b; canary=always', 'canary=always; a=b'])
      assert.match(sent, regex);
    for (const sent of ['canary=never', 'my-canary=always', 'canary=always2'])
      assert.doesNotMatch(sent, regex, sent);
  });

  it('are not made for a rule that sends no users to the Service', () => {
    const objects = up(objectsOf([serviceOf([to({ web: 0, blog: 1 }), to({ web: 1 })])]), 1, steered(TESTER));
    assert.equal(httpOf(only(objects)).length, 3);
  });

  it('stay at the weight of a step, go with weight 0 in the same write, and are missed if somebody removes them', () => {
    const split = steered(TESTER);
    const objects = made(TESTER);
    assert.deepEqual(istio.setWeight(split, objects, 10), []);
    assert.equal(httpOf(only(applied(objects, istio.lowerWeight(split, objects, 5)))).length, 5);
    assert.equal(httpOf(only(applied(objects, istio.lowerWeight(split, objects, 0)))).length, 3);
    const service = only(objects);
    const http = httpOf(service).filter(({ name = '' }) => !name.startsWith('drone-promote.'));
    const cut = objectsOf([{ ...service, spec: { ...service.spec, http } }]);
    assert.deepEqual(istio.missing(split, cut), ["the testers' rules in VirtualService/web"]);
    assert.equal(istio.weight(split, objects), 10);
  });

  it('are removed to the letter, and are no rules of the users', () => {
    const split = steered(TESTER);
    assert.deepEqual(only(down(made(TESTER), split)), WEB);
    assert.deepEqual(find(made(TESTER), TESTER).refusals, []);
    assert.deepEqual(find(made(TESTER), TESTER).routes, find(objectsOf([WEB]), TESTER).routes);
  });

  it('of another workload stay where they are', () => {
    const other = {
      ...steered(TESTER),
      workload: 'blog',
      services: [{ stable: 'blog', canary: 'blog-canary' }],
    };
    const service = serviceOf([
      { match: [{ uri: { prefix: '/blog' } }], route: to({ blog: 1 }) },
      to({ web: 1 }),
    ]);
    const both = up(up(objectsOf([service]), 10, steered(TESTER)), 10, other);
    assert.deepEqual(only(down(down(both, steered(TESTER)), other)), service);
    assert.deepEqual(only(down(down(both, other), steered(TESTER))), service);
  });
});
