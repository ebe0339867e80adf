import { describe, it } from 'node:test';
import { deployment, FROM, TO, withCanary } from '../fixtures.ts';
import { type Case, check, deleted, down, gone, stable } from './fault-cases.ts';

/** Others who work on stable meanwhile. */
const TABLE: Case[] = [
  {
    what: 'stable was deleted',
    stage: 'weight',
    seen: gone(),
    answer: 'leave',
    reason: /^Deployment\/web was deleted meanwhile\.$/,
  },
  {
    what: 'stable is being deleted',
    stage: 'weight',
    seen: withCanary(1, 10, { stable: deleted() }),
    answer: 'leave',
    reason: /was deleted meanwhile/,
  },
  {
    what: 'somebody deployed',
    stage: 'weight',
    seen: withCanary(1, 10, { stable: deployment('web', `${FROM}-fix`, 4) }),
    answer: 'leave',
    reason: /^Somebody changed Deployment\/web meanwhile: it runs \S+:1\.0\.0-fix instead of \S+:1\.0\.0\.$/,
    hint: /who else deploys/,
  },
  {
    what: 'somebody deployed the release itself, too early',
    stage: 'weight',
    seen: withCanary(1, 10, { stable: deployment('web', TO, 4) }),
    answer: 'leave',
    reason: /:1\.1\.0 instead of \S+:1\.0\.0\.$/,
  },
  { what: 'stable is about to be written', stage: 'update-stable', seen: stable(deployment('web', FROM, 4)) },
  { what: 'stable was written', stage: 'update-stable', seen: stable(deployment('web', TO, 4)) },
  {
    what: 'somebody deployed while stable is written',
    stage: 'update-stable',
    seen: stable(deployment('web', `${FROM}-fix`, 4)),
    answer: 'leave',
    reason: /instead of \S+:1\.0\.0 or \S+:1\.1\.0\.$/,
  },
  {
    what: 'somebody put the old image back at the end',
    stage: 'shift-back',
    seen: stable(deployment('web', FROM, 4)),
    answer: 'leave',
    reason: /:1\.0\.0 instead of \S+:1\.1\.0\.$/,
  },
  { what: 'on the way down nobody minds', stage: 'drain-canary', record: down, seen: gone() },
];

describe('engines/native/decide/drift', () => {
  for (const each of TABLE) {
    it(`${each.stage}: ${each.what}: ${each.answer ?? 'no fault'}`, () => check(each));
  }
});
