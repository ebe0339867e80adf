import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import type { Snapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import type { HookRun, PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, observed, plan, record, TO, withCanary } from '../fixtures.ts';
import { hook, RUN, ran, type State, seenJobs } from './fixtures.ts';

const PLAN = plan({
  hooks: { before: [hook('migrate', RUN), hook('seed')], after: [hook('reindex', RUN)] },
});

/** The record at a stage, with these runs. */
function at(
  kind: string,
  runs: readonly HookRun[] = [],
  over: Partial<PromotionRecord> = {},
): PromotionRecord {
  const of = record({ plan: PLAN, ...(runs.length > 0 ? { ran: runs } : {}), ...over });
  return { ...of, stage: stagesOf(of).findIndex((stage) => stage.kind === kind) };
}
const down = (runs: readonly HookRun[]) => at('undo', runs, { direction: 'down', reason: 'It was bad.' });

/** The decision, in words. */
function said(
  of: PromotionRecord,
  states: Record<string, State>,
  over: Partial<Snapshot> = {},
  now = 1000,
): string {
  const snapshot = { ...observed(over), hooks: seenJobs(of, states) };
  const decision = decide({ record: of, snapshot, now, router: nginx });
  switch (decision.do) {
    case 'write':
      return decision.writes
        .map(({ verb, object }) => `${verb} ${object.metadata?.name?.replace(/^web-|-[0-9a-f]{8}$/g, '')}`)
        .join(', ');
    case 'wait':
      return `wait ${decision.event.type === 'waiting' ? decision.event.for : decision.event.type}`;
    case 'end':
      return `end ${decision.outcome.kind}: ${decision.outcome.reason}`;
    case 'record': {
      const { direction, stage, ran: runs = [], reason } = decision.record;
      const changed = runs.filter(
        (run) => !of.ran?.some((each) => each.key === run.key && each.state === run.state),
      );
      const news = changed.map(({ key, state }) => `${key} ${state}`);
      return [
        direction,
        stagesOf(decision.record)[stage]?.kind,
        ...news,
        direction === of.direction ? '' : reason,
      ]
        .filter(Boolean)
        .join(', ');
    }
  }
}

const onStable = { stable: deployment('web', TO, 4) };
const M = 'before migrate';
const S = 'before seed';
const R = 'after reindex';
const UM = 'undo before migrate';
const UR = 'undo after reindex';

describe('Jobs on the way up', () => {
  const table: [what: string, record: PromotionRecord, states: Record<string, State>, expected: string][] = [
    ['nothing is there: the first Job is created, suspended', at('before'), {}, 'create before-migrate'],
    [
      'it is created: the record says that it is begun',
      at('before'),
      { [M]: 'suspended' },
      'up, before, before migrate begun',
    ],
    ['it is begun: it may run', at('before', [ran(M)]), { [M]: 'suspended' }, 'update before-migrate'],
    ['it runs', at('before', [ran(M)]), { [M]: 'runs' }, 'wait Job migrate (before)'],
    [
      'it runs, and somebody let it: it is begun',
      at('before'),
      { [M]: 'runs' },
      'up, before, before migrate begun',
    ],
    ['it passed', at('before', [ran(M)]), { [M]: 'passed' }, 'up, before, before migrate passed'],
    ['then comes the next', at('before', [ran(M, 'passed')]), { [M]: 'passed' }, 'create before-seed'],
    [
      'a Job that passed may be gone: its time was over',
      at('before', [ran(M, 'passed')]),
      {},
      'create before-seed',
    ],
    ['all passed: the canary comes', at('before', [ran(M, 'passed'), ran(S, 'passed')]), {}, 'up, weight'],
    [
      'it failed',
      at('before', [ran(M)]),
      { [M]: 'failed' },
      'down, drain-canary, Job migrate (before) failed: exit code 3.',
    ],
    [
      'it was ended at its time limit',
      at('before', [ran(M)]),
      { [M]: 'late' },
      'down, drain-canary, Job migrate (before) failed: it did not end within 1m.',
    ],
    [
      'its image does not come',
      at('before', [ran(M)]),
      { [M]: 'cannot start' },
      'down, drain-canary, Job migrate (before) failed: it does not run: ImagePullBackOff, not found.',
    ],
    [
      'somebody deleted it: it is not created again',
      at('before', [ran(M)]),
      {},
      'down, drain-canary, Job migrate (before) failed: somebody deleted it after it was begun. Whether it has done its work is not known, so it does not run again.',
    ],
    [
      'somebody created another of its name',
      at('before', [ran(M, 'begun', 'another uid')]),
      { [M]: 'passed' },
      'down, drain-canary, Job migrate (before) failed: somebody deleted it after it was begun. Whether it has done its work is not known, so it does not run again.',
    ],
  ];
  for (const [what, of, states, expected] of table) it(what, () => assert.equal(said(of, states), expected));

  it('gives up on a Job that Kubernetes does not stop', () => {
    const begun = at('before', [ran(M)]);
    assert.equal(said(begun, { [M]: 'runs' }, {}, 359_999), 'wait Job migrate (before)');
    assert.match(said(begun, { [M]: 'runs' }, {}, 360_000), /Kubernetes did not stop it at its time limit/);
  });

  it('runs those of `after` when stable has the release, and restores stable if one fails', () => {
    const seen = withCanary(4, 100, onStable);
    assert.equal(said(at('after'), {}, seen), 'create after-reindex');
    const failed = said(at('after', [ran(R)]), { [R]: 'failed' }, seen);
    assert.equal(failed, 'down, canary-takes-all, Job reindex (after) failed: exit code 3.');
  });

  it('waits for stable again before the users go there, because a Job may have taken long', () => {
    const of = at('after', [ran(R, 'passed')]);
    assert.equal(said(of, {}, withCanary(4, 100, onStable)), 'up, update-stable');
  });

  it('removes the Jobs at the end', () => {
    const of = at('clean-up', [ran(M, 'passed'), ran(R, 'passed')]);
    assert.equal(
      said(of, { [M]: 'passed', [R]: 'passed' }, onStable),
      'delete before-migrate, delete after-reindex',
    );
  });

  it('does not take a canary that is still to come for one that somebody deleted', () => {
    const of = { ...at('weight'), ran: [ran(M, 'passed'), ran(S, 'passed')] };
    assert.equal(said(of, {}), 'create canary, create canary');
  });
});

describe('Jobs on the way back', () => {
  const table: [what: string, record: PromotionRecord, states: Record<string, State>, expected: string][] = [
    [
      'it runs: it is not stopped half way',
      down([ran(M)]),
      { [M]: 'runs' },
      'wait Job migrate (before) to end, because it is not stopped half way',
    ],
    [
      'it was told to end, and its pod goes on for its grace period',
      down([ran(M)]),
      { [M]: 'ends' },
      'wait Job migrate (before) to end, because it is not stopped half way',
    ],
    ['it failed: it is undone all the same', down([ran(M)]), { [M]: 'failed' }, 'create undo-before-migrate'],
    ['it is gone, so that it may have run', down([ran(M)]), {}, 'create undo-before-migrate'],
    [
      'it has not run yet, and does not',
      down([ran(M)]),
      { [M]: 'suspended' },
      'down, undo, before migrate never',
    ],
    ['its image did not come', down([ran(M)]), { [M]: 'cannot start' }, 'down, undo, before migrate never'],
    [
      'its image came in that moment',
      down([ran(M, 'never')]),
      { [M]: 'runs' },
      'down, undo, before migrate begun',
    ],
    ['what has not run is removed', down([ran(M, 'never')]), { [M]: 'suspended' }, 'delete before-migrate'],
    ['one that was not begun is removed', down([]), { [M]: 'suspended' }, 'delete before-migrate'],
    [
      'the last Job is undone first',
      down([ran(M, 'passed'), ran(S, 'passed'), ran(R)]),
      { [R]: 'failed' },
      'create undo-after-reindex',
    ],
    ['the undo is begun', down([ran(M)]), { [UM]: 'suspended' }, 'down, undo, undo before migrate begun'],
    ['the undo may run', down([ran(M), ran(UM)]), { [UM]: 'suspended' }, 'update undo-before-migrate'],
    ['the undo runs', down([ran(M), ran(UM)]), { [UM]: 'runs' }, 'wait the undo of migrate (before)'],
    [
      'the undo passed',
      down([ran(M), ran(UM)]),
      { [UM]: 'passed' },
      'down, undo, undo before migrate passed',
    ],
    [
      'then the one before it',
      down([ran(M, 'passed'), ran(R), ran(UR, 'passed')]),
      { [UR]: 'passed' },
      'create undo-before-migrate',
    ],
    ['a Job without an undo is left as it is', down([ran(S)]), { [S]: 'failed' }, 'down'],
    [
      'the Jobs that did their work go, the one that failed stays for its log',
      down([ran(M, 'passed'), ran(R), ran(UR, 'passed'), ran(UM, 'passed')]),
      { [M]: 'passed', [R]: 'failed', [UM]: 'passed', [UR]: 'passed' },
      'delete before-migrate, delete undo-before-migrate, delete undo-after-reindex',
    ],
  ];
  for (const [what, of, states, expected] of table) it(what, () => assert.equal(said(of, states), expected));

  const stuck = (
    of: PromotionRecord,
    states: Record<string, State>,
    over: Partial<Snapshot> = {},
    now = 1000,
  ) => {
    const snapshot = { ...observed(over), hooks: seenJobs(of, states) };
    const decision = decide({ record: of, snapshot, now, router: nginx });
    assert.equal(decision.do, 'end');
    return decision.do === 'end' ? decision.outcome : undefined;
  };

  it('needs a person if an undo fails, and says which commands to run', () => {
    const outcome = stuck(down([ran(M), ran(UM)]), { [UM]: 'failed' });
    assert.equal(outcome?.kind, 'stuck');
    assert.equal(
      outcome?.reason,
      `It was bad.\nThe undo of migrate (before) failed: exit code 3.\n${FROM} serves all users.`,
    );
    const [log, say, abort] = outcome?.hints ?? [];
    assert.match(log ?? '', /^Its log: kubectl -n shop logs job\/web-undo-before-migrate-[0-9a-f]{8}$/);
    assert.match(
      say ?? '',
      /^Undo by hand what Job migrate did\. Then say so: kubectl -n shop annotate lease drone-promote-web drone-promote\/undone=web-undo-before-migrate-/,
    );
    assert.match(abort ?? '', /run a step with `action: abort`/);
  });

  it('does not run an undo again that somebody deleted', () => {
    assert.match(
      stuck(down([ran(M), ran(UM)]), {})?.reason ?? '',
      /undo of migrate \(before\) failed: somebody deleted it/,
    );
  });

  it('takes the word of the person for it, for that undo alone', () => {
    const of = down([ran(M), ran(UM)]);
    const name = seenJobs(of, { [UM]: 'failed' }).find(({ job }) => job)?.job?.metadata?.name;
    assert.equal(said(of, { [UM]: 'failed' }, { undone: name }), 'down, undo, undo before migrate passed');
    assert.equal(said(of, {}, { undone: name }), 'down, undo, undo before migrate passed');
    assert.match(said(of, { [UM]: 'failed' }, { undone: 'another' }), /^end stuck/);
  });

  it('needs a person if the workload is gone, which the undo would be like', () => {
    const of = { ...down([ran(M, 'passed'), ran(S, 'passed')]), leave: true };
    const outcome = stuck(of, {}, { stable: undefined });
    assert.equal(
      outcome?.reason,
      'It was bad.\nThe undo of migrate (before) failed: it cannot run, because Deployment/web was deleted.',
    );
    assert.doesNotMatch(outcome?.hints.join('\n') ?? '', /kubectl -n shop logs/, 'there is no Job');
    const [, name] = /undone=(\S+)/.exec(outcome?.hints.join('\n') ?? '') ?? [];
    assert.equal(said(of, {}, { stable: undefined, undone: name }), 'down, undo, undo before migrate passed');
    assert.equal(said(of, {}), 'create undo-before-migrate', 'somebody has made it again');
    const running = down([ran(M)]);
    assert.match(
      said(running, { [M]: 'ends' }, { stable: undefined }),
      /^wait Job migrate \(before\) to end/,
    );
    assert.equal(said(down([ran(S)]), {}, { stable: undefined }), 'down', 'nothing is to be undone');
  });

  it('waits for an undo that cannot start, until its time limit', () => {
    const of = down([ran(M), ran(UM)]);
    assert.equal(said(of, { [UM]: 'cannot start' }), 'wait the undo of migrate (before)');
    assert.match(said(of, { [UM]: 'late' }), /^end stuck: [\s\S]*did not end within 1m/);
  });

  it('needs a person for a Job that nobody ends, because it is not undone while it may run', () => {
    const outcome = stuck(down([ran(M)]), { [M]: 'runs' }, {}, 360_000);
    assert.match(
      outcome?.reason ?? '',
      /Job migrate \(before\) has not ended within 6m, and is not undone while it may run/,
    );
    assert.match(outcome?.hints.join('\n') ?? '', /delete job web-before-migrate-/);
  });

  it('says of each Job what became of its work', () => {
    const of = { ...down([ran(M, 'passed'), ran(S), ran(UM, 'passed')]), stage: 99 };
    assert.equal(
      said(of, {}),
      `end aborted: It was bad.\nJob seed (before) has no \`undo\`: what it did stays.\nWhat Job migrate (before) did was undone by its \`undo\`.\nProduction is as it was: ${FROM} serves all users.`,
    );
  });
});
