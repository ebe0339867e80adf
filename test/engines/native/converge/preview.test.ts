import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { convergePreview } from '../../../../src/engines/native/converge/without-users/preview.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import type { Snapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { ownLabels } from '../../../../src/workload/canary-copy.ts';
import { withPortNames } from '../../../../src/workload/canary-service.ts';
import {
  canaryIngress,
  deployment,
  ingress,
  observed,
  plan,
  record,
  routesOf,
  service,
  TO,
  withCanary,
} from '../fixtures.ts';

const HOST = 'preview.example.com';
const URL = `http://${HOST}`;
const PLAN = plan({
  strategy: 'bluegreen',
  steps: [{ kind: 'hold' }, { kind: 'weight', weight: 100, holdMs: 60_000 }],
  services: [{ stable: 'web', canary: 'web-canary', ports: [{ name: 'http', port: 80 }] }],
  preview: { host: HOST, url: URL },
});
const main = ingress('web', 'shop.example.com', { '/': 'web' });
const preview: Ingress = {
  ...ingress('web-preview', HOST, { '/': 'web-canary' }),
  metadata: { name: 'web-preview', uid: 'p', resourceVersion: '1', labels: ownLabels('web') },
};

const at = (kind: string, over: Partial<PromotionRecord> = {}): PromotionRecord => {
  const base = record({ plan: PLAN, ...over });
  const stage = stagesOf(base).findIndex((each) => each.kind === kind);
  assert.notEqual(stage, -1, `there is no stage ${kind}`);
  return { ...base, stage };
};
const copy = (weight: number, ...more: Ingress[]) =>
  withCanary(4, weight, { routes: routesOf(main, canaryIngress('web-canary', weight), ...more) });

function said(of: PromotionRecord, snapshot: Snapshot, now = 10_000): string {
  const decision = decide({ record: of, snapshot, now, router: nginx });
  switch (decision.do) {
    case 'write':
      return decision.writes.map(({ verb, object }) => `${verb} ${object.metadata?.name}`).join(', ');
    case 'record':
      return `record ${decision.record.previewedAt === undefined ? '' : `previewed ${decision.record.previewedAt}`}`;
    case 'wait':
      return decision.event.type === 'waiting' ? `wait ${decision.event.for}` : decision.event.type;
    case 'end':
      return `end ${decision.outcome.kind}: ${'reason' in decision.outcome ? decision.outcome.reason : ''}`;
  }
}

const NEW = deployment('web', TO, 4);
const rows: [what: string, of: PromotionRecord, seen: Snapshot, expected: string | RegExp][] = [
  ['nothing of it before the pods', at('hold'), observed(), /^create web-canary/],
  ['nor before they are ready', at('hold'), { ...copy(0), ready: { 'web-canary': 3 } }, /^wait endpoints/],
  ['then it is made', at('hold'), copy(0), 'create web-preview'],
  ['it is seen', at('hold'), copy(0, preview), 'record previewed 10000'],
  [
    'the router gets time',
    at('hold', { previewedAt: 8_000 }),
    copy(0, preview),
    `wait the router to know ${HOST}`,
  ],
  [
    'a person is told',
    at('hold', { previewedAt: 6_000 }),
    copy(0, preview),
    `end held: ${TO} waits at a hold with 0 % of the users. It can be tried at ${URL}.`,
  ],
  [
    'made again at once, if somebody removes it',
    at('grow', { previewedAt: 1 }),
    copy(0),
    'create web-preview',
  ],
  [
    'it is there while the old version is kept',
    at('weight', { previewedAt: 1 }),
    copy(100),
    'create web-preview',
  ],
  [
    'not made any more once stable is updated',
    at('update-stable', { previewedAt: 1 }),
    { ...copy(100), stable: NEW },
    /^record/,
  ],
  [
    'it goes with the way back to stable',
    at('shift-back', { previewedAt: 1 }),
    { ...copy(0, preview), stable: NEW },
    'delete web-preview',
  ],
  [
    'and with the way back',
    at('drain-canary', { direction: 'down', drain: true }),
    copy(0, preview),
    'delete web-preview',
  ],
  [
    'users first',
    at('drain-canary', { direction: 'down', drain: true }),
    copy(100, preview),
    'update web-canary, delete web-preview',
  ],
  [
    'before the Service and the pods',
    at('clean-up', { direction: 'down' }),
    { ...copy(0, preview), services: [service('web-canary', {})] },
    'delete web-preview, delete web-canary',
  ],
];

describe('engines/native/converge/without-users/preview', () => {
  for (const [what, of, seen, expected] of rows) {
    it(what, () => {
      const told = said(of, seen);
      if (typeof expected === 'string') assert.equal(told, expected);
      else assert.match(told, expected);
    });
  }

  it('says where the new version can be tried', () => {
    const of = at('hold');
    const [stage] = stagesOf(of);
    assert.ok(stage);
    const decision = convergePreview({ record: of, stage, snapshot: copy(0), now: 0, router: nginx });
    assert.ok(decision?.do === 'write');
    assert.deepEqual(decision.events, [
      {
        type: 'write',
        verb: 'create',
        object: 'Ingress/web-preview',
        message: `the new version can be tried at ${URL}`,
      },
    ]);
  });

  const ends: [what: string, seen: Snapshot, expected: string[]][] = [
    [
      'the weight of the users, and its own end',
      copy(100, preview),
      ['weight Ingress/web-canary', 'delete Ingress/web-preview'],
    ],
    ['its end alone, if no user is there', copy(0, preview), ['delete Ingress/web-preview']],
    ['the weight alone, if it is gone', copy(100), ['weight Ingress/web-canary']],
  ];
  for (const [what, seen, expected] of ends) {
    it(`tells on the way back: ${what}`, () => {
      const of = at('drain-canary', { direction: 'down', drain: true });
      const decision = decide({ record: of, snapshot: seen, now: 0, router: nginx });
      assert.ok(decision.do === 'write');
      const told = decision.events.map((each) =>
        each.type === 'weight'
          ? `weight ${each.routes.join()}`
          : each.type === 'write'
            ? `${each.verb} ${each.object}`
            : '',
      );
      assert.deepEqual(told, expected);
    });
  }

  it('gives the canary a Service whose port has a name', () => {
    const unnamed = { spec: { ports: [{ port: 80 }, { port: 81, name: 'admin' }] } };
    assert.deepEqual(
      withPortNames(unnamed, [
        { name: 'preview', port: 80 },
        { name: 'x', port: 81 },
      ]).spec?.ports,
      [
        { port: 80, name: 'preview' },
        { port: 81, name: 'admin' },
      ],
    );
    assert.deepEqual(withPortNames(unnamed), unnamed);
  });
});
