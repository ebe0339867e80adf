import assert from 'node:assert/strict';
import { describe as block, it } from 'node:test';
import type { PromotionEvent } from '../../src/events.ts';
import type { Outcome } from '../../src/outcome.ts';
import { describe, describeOutcome, type Line } from '../../src/report/lines.ts';

/** `level word text`, and the lines below. */
const EVENTS: [event: PromotionEvent, expected: string, below?: string[]][] = [
  [
    { type: 'plan', title: 'Deployment/web in shop', lines: ['a', 'b'] },
    'info plan Deployment/web in shop',
    ['a', 'b'],
  ],
  [{ type: 'warning', message: 'Careful.' }, 'warn warning Careful.'],
  [{ type: 'note', message: 'By the way.' }, 'info note By the way.'],
  [{ type: 'debug', message: '12 requests' }, 'debug debug 12 requests'],
  [
    { type: 'started', action: 'promote', workload: 'web', from: 'web:1', to: 'web:2', by: 'build 77' },
    'info promote web:2, by build 77',
  ],
  [
    { type: 'started', action: 'rollback', workload: 'web', from: 'web:2', to: 'web:1', by: 'build 78' },
    'info rollback web:1, by build 78',
  ],
  [{ type: 'resumed', workload: 'web', to: 'web:2', at: '50 %' }, 'info resumed web:2 goes on at "50 %"'],
  [{ type: 'stage', name: '10 %', message: '1 of 7' }, 'info stage 10 % (1 of 7)'],
  [
    { type: 'write', verb: 'create', object: 'Deployment/web-canary', message: '1 pod, web:2' },
    'info created Deployment/web-canary: 1 pod, web:2',
  ],
  [
    { type: 'write', verb: 'update', object: 'Deployment/web', message: 'web:1 → web:2' },
    'info updated Deployment/web: web:1 → web:2',
  ],
  [
    { type: 'write', verb: 'delete', object: 'Service/web-canary', message: '' },
    'info removed Service/web-canary',
  ],
  [
    { type: 'weight', weight: 50, routes: ['Ingress/web-canary', 'Ingress/shop-canary'] },
    'info weight 50 % of the users on the canary, by Ingress/web-canary, Ingress/shop-canary',
  ],
  [{ type: 'waiting', message: 'the canary: 0 of 1' }, 'info waiting for the canary: 0 of 1'],
  [{ type: 'holding', message: 'at 10 %', ms: 90_000 }, 'info holding 1m30s, at 10 %'],
  [
    {
      type: 'trouble',
      pod: 'p',
      container: 'app',
      reason: 'CrashLoopBackOff',
      message: 'exit code 1',
      log: ['a', 'b'],
    },
    'warn trouble CrashLoopBackOff in p, container app',
    ['exit code 1', 'its last lines:', '| a', '| b'],
  ],
  [
    { type: 'trouble', pod: 'p', reason: 'Unschedulable', message: 'no room', log: [] },
    'warn trouble Unschedulable in p',
    ['no room'],
  ],
  [
    { type: 'conflict', object: 'Ingress/web-canary', message: 'modified' },
    'debug conflict Ingress/web-canary was changed meanwhile; looking again',
  ],
  [{ type: 'down', reason: 'Aborted by bob.' }, 'warn down Aborted by bob.'],
  [
    { type: 'diff', object: 'Deployment/web', verb: 'update', lines: ['-a', '+b'] },
    'info update Deployment/web',
    ['-a', '+b'],
  ],
  [
    { type: 'sent', url: 'http://keel/x', status: 200, ms: 12.6, message: 'Taken.' },
    'info sent http://keel/x: 200 in 13ms. Taken.',
  ],
  [
    { type: 'answer', url: 'http://keel/x', accepted: true, message: 'Updated.' },
    'info accepted http://keel/x: Updated.',
  ],
  [
    { type: 'answer', url: 'http://keel/x', accepted: false, message: 'No.' },
    'warn refused http://keel/x: No.',
  ],
];

const OUTCOMES: [outcome: Outcome, expected: string, below?: string[]][] = [
  [{ kind: 'promoted', reason: 'It is stable.', hints: [] }, 'info PROMOTED It is stable.'],
  [
    { kind: 'held', reason: 'It waits.', hints: ['Promote again.'] },
    'info HELD It waits.',
    ['Promote again.'],
  ],
  [{ kind: 'shown', reason: 'Dry run.', hints: [] }, 'info SHOWN Dry run.'],
  [{ kind: 'aborted', reason: 'It was bad.', hints: [] }, 'error ABORTED It was bad.'],
  [{ kind: 'aborted', reason: 'By bob.', hints: [], requested: true }, 'info ABORTED By bob.'],
  [
    { kind: 'refused', code: 'rights', reason: 'No.', hints: ['a\nb', 'c'] },
    'error REFUSED (rights) No.',
    ['a', 'b', 'c'],
  ],
  [{ kind: 'stuck', reason: 'Why.\nWhere.', hints: ['What.'] }, 'error STUCK Why.', ['Where.', 'What.']],
  [{ kind: 'stuck', reason: 'Why.', hints: [], requested: true }, 'error STUCK Why.'],
];

const said = ({ level, word, text }: Line) => `${level} ${word} ${text}`;

block('report/describe', () => {
  for (const [event, expected, below = []] of EVENTS) {
    it(`${event.type}: ${expected}`, () => {
      const line = describe(event);
      assert.equal(said(line), expected);
      assert.deepEqual(line.details, below);
      assert.ok(line.word.length <= 9, 'the word fits into its column');
    });
  }

  for (const [outcome, expected, below = []] of OUTCOMES) {
    it(`${outcome.kind}: ${expected}`, () => {
      const line = describeOutcome(outcome);
      assert.equal(said(line), expected);
      assert.deepEqual(line.details, below);
    });
  }
});
