import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Job } from 'kubernetes-types/batch/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { jobOf } from '../../../../src/engines/native/converge/check-jobs.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import type { CheckJob, Snapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import { jobName } from '../../../../src/engines/native/plan/names.ts';
import type { JobCheck } from '../../../../src/settings/checks/job.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import {
  deployment,
  FROM,
  observed,
  plan,
  record,
  service,
  TO,
  waitingPod,
  withCanary,
} from '../fixtures.ts';

const check = (name: string, over: Partial<JobCheck['job']> = {}): JobCheck => ({
  name,
  job: {
    image: undefined,
    command: [],
    args: [],
    env: {},
    serviceAccount: undefined,
    timeoutMs: 60_000,
    ...over,
  },
});
const SMOKE = check('smoke');
const PLAN = plan({ jobs: [SMOKE] });
const STARTED = '1970-01-01T00:00:01Z';

function job(type?: 'Complete' | 'Failed', reason = 'BackoffLimitExceeded'): Job {
  return {
    metadata: { name: jobName(PLAN, 'smoke', 'one') },
    status: {
      startTime: STARTED,
      conditions: type ? [{ type, status: 'True', reason, lastTransitionTime: STARTED }] : [],
    },
  };
}
function ended(exitCode: number, reason = 'Error'): Pod {
  const pod = waitingPod('web-smoke-x', '', '');
  const [status] = pod.status?.containerStatuses ?? [];
  const terminated = { exitCode, reason, startedAt: STARTED, finishedAt: '1970-01-01T00:00:13Z' };
  return {
    ...pod,
    status: {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      ...(status ? { containerStatuses: [{ ...status, state: { terminated } }] } : {}),
    },
  };
}
const seen = (over: Partial<CheckJob>): CheckJob => ({
  check: SMOKE,
  name: jobName(PLAN, over.check?.name ?? 'smoke', 'one'),
  job: job(),
  pods: [],
  lines: [],
  ...over,
});
const standing = (jobs: CheckJob[], over: Partial<Snapshot> = {}) => withCanary(1, 0, { jobs, ...over });
const REACHED = record({ plan: PLAN, reachedAt: 0 });

/** The decision, in words. */
function said(seenOf: Snapshot, now = 1000, of = REACHED): string {
  const decision = decide({ record: of, snapshot: seenOf, now, router: nginx });
  if (decision.do === 'write')
    return decision.writes.map(({ verb, object }) => `${verb} ${object.metadata?.name}`).join(', ');
  if (decision.do === 'wait')
    return `wait ${decision.event.type === 'waiting' ? decision.event.for : decision.event.type}`;
  if (decision.do === 'end') return `end ${decision.outcome.kind}`;
  const { direction, stage, reachedAt, reason } = decision.record;
  return [direction, stage, reachedAt === undefined ? '' : 'reached', reason ?? '']
    .filter((part) => part !== '')
    .join(' ');
}

describe('engines/native/decide/check-job-fault', () => {
  const none = seen({ job: undefined });
  const name = jobName(PLAN, 'smoke', 'one');
  const table: [what: string, seen: Snapshot, expected: string, now?: number][] = [
    ['no Job yet: it is made', standing([none]), `create ${name}`],
    ['the Job runs', standing([seen({})]), 'wait check smoke'],
    ['the Job is complete: to the first weight', standing([seen({ job: job('Complete') })]), 'up 1'],
    [
      'one of two still runs',
      standing([seen({ job: job('Complete') }), seen({ check: check('load') })]),
      'wait check load',
    ],
    [
      'it failed: down with the exit code and the last lines',
      standing([seen({ job: job('Failed'), pods: [ended(3)], lines: ['a', 'b'] })]),
      'down 0 Check smoke failed: exit code 3.\n| a\n| b',
    ],
    [
      'out of memory is said',
      standing([seen({ job: job('Failed'), pods: [ended(137, 'OOMKilled')] })]),
      'down 0 Check smoke failed: exit code 137 (out of memory).',
    ],
    [
      'it failed, and the pod’s end is not known yet',
      standing([seen({ job: job('Failed') })]),
      'wait check smoke',
    ],
    [
      'it failed, and no pod tells why',
      standing([seen({ job: job('Failed') })]),
      'down 0 Check smoke failed: BackoffLimitExceeded, no pod is left.',
      6001,
    ],
    [
      'out of its time',
      standing([seen({ job: job('Failed', 'DeadlineExceeded'), lines: ['still waiting'] })]),
      'down 0 Check smoke failed: it did not end within 1m.\n| still waiting',
    ],
    [
      'an image that does not come is not waited for',
      standing([seen({ pods: [waitingPod('web-smoke-x', 'ImagePullBackOff', 'not found')] })]),
      'down 0 Check smoke does not run: ImagePullBackOff, not found',
    ],
    [
      'the first failure counts, whatever else runs',
      standing([seen({ check: check('load') }), seen({ job: job('Failed'), pods: [ended(1)] })]),
      'down 0 Check smoke failed: exit code 1.',
    ],
    ['nobody ends the Job: its time is not over', standing([seen({})]), 'wait check smoke', 359_999],
    [
      'nobody ends the Job',
      standing([seen({})]),
      'down 0 Check smoke did not end: Kubernetes did not stop its Job at its time limit.',
      360_000,
    ],
    [
      'the canary was deleted under the Job',
      standing([seen({})], { canary: undefined }),
      'down 0 Somebody deleted Deployment/web-canary meanwhile, which stops the canary.',
    ],
  ];
  for (const [what, of, expected, now] of table) {
    it(what, () => assert.equal(said(of, now), expected));
  }

  it('makes no Job before the canary stands, and that is in the record', () => {
    const begun = record({ plan: PLAN });
    assert.equal(said(observed({ jobs: [none] }), 0, begun), 'create web-canary, create web-canary');
    const unready = { ...deployment('web-canary', TO, 1), status: {} };
    assert.match(said(standing([none], { canary: unready }), 0, begun), /^wait the canary/);
    assert.equal(said(standing([none]), 0, begun), 'up 0 reached');
  });

  it('tells what passed, with the last line', () => {
    const lines = ['1 of 2', 'all good'];
    const found = standing([seen({ job: job('Complete'), pods: [ended(0)], lines })]);
    const decision = decide({ record: REACHED, snapshot: found, now: 20_000, router: nginx });
    assert.equal(decision.do, 'record');
    assert.deepEqual(decision.do === 'record' && decision.events, [
      { type: 'check', name: 'smoke', passed: true, ms: 12_000, lines },
    ]);
  });

  it('tells what failed, as a fact in front of the reason', () => {
    const found = standing([seen({ job: job('Failed'), pods: [ended(3)], lines: ['a'] })]);
    const decision = decide({ record: REACHED, snapshot: found, now: 20_000, router: nginx });
    assert.deepEqual(decision.do === 'record' && decision.events, [
      { type: 'check', name: 'smoke', passed: false, message: 'exit code 3.', lines: ['a'] },
      { type: 'down', reason: 'Check smoke failed: exit code 3.\n| a' },
    ]);
  });

  it('names a Job by workload, check and promotion: the same for a later run, another for another', () => {
    assert.match(name, /^web-smoke-[0-9a-f]{8}$/);
    assert.equal(jobName(PLAN, 'smoke', 'one'), name);
    assert.notEqual(jobName(PLAN, 'smoke', 'two'), name);
    assert.notEqual(jobName(PLAN, 'Smoke!', 'one'), name);
    const long = jobName(plan({ workload: `a${'-b'.repeat(40)}` }), `Ümlaut ${'x'.repeat(80)}`, 'one');
    assert.match(long, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    assert.ok(long.length <= 57, long);
    assert.match(jobName(PLAN, '???', 'one'), /^web-[0-9a-f]{8}$/);
  });

  it('makes a Job that its canary owns, that is tried once, has an end, and passes the restricted standard', () => {
    const canary = deployment('web-canary', TO, 1);
    const given = check('smoke', { timeoutMs: 90_500, env: { CANARY_URL: 'http://mine' } });
    const { metadata, spec } = jobOf(plan({ jobs: [given] }), { check: given, name }, canary, [
      service('web-canary', { app: 'web-canary' }),
    ]);
    assert.equal(metadata?.ownerReferences?.[0]?.uid, 'web-canary');
    assert.equal(spec?.backoffLimit, 0);
    assert.equal(spec?.activeDeadlineSeconds, 91);
    assert.equal(spec?.ttlSecondsAfterFinished, 691);
    assert.equal(spec?.template.metadata?.labels?.app, 'web-canary-test');
    const pod = spec?.template.spec;
    assert.equal(pod?.restartPolicy, 'Never');
    assert.equal(pod?.automountServiceAccountToken, false);
    assert.deepEqual(pod?.securityContext, {
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    const [container] = pod?.containers ?? [];
    assert.deepEqual(container?.securityContext, {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    assert.equal(container?.image, TO);
    const env = Object.fromEntries((container?.env ?? []).map((each) => [each.name, each.value]));
    assert.equal(env.CANARY_URL, 'http://mine', 'what the user says goes before');
    assert.equal(env.STABLE_IMAGE, FROM);
    assert.equal('command' in (container ?? {}), false);
  });

  it('runs what is asked for, by the account that is named, where the workload’s pods may run', () => {
    const canary = deployment('web-canary', TO, 1);
    const template = canary.spec?.template;
    const places = { imagePullSecrets: [{ name: 'registry' }], nodeSelector: { disk: 'ssd' } };
    const placed = {
      ...canary,
      spec: { ...canary.spec, template: { ...template, spec: { containers: [], ...places } } },
    } as typeof canary;
    const given = check('smoke', {
      image: 'k6',
      command: ['k6'],
      args: ['run', '-'],
      serviceAccount: 'tester',
    });
    const { spec } = jobOf(plan({ jobs: [given] }), { check: given, name }, placed, [
      service('web-canary', {}),
    ]);
    const pod = spec?.template.spec;
    assert.equal(pod?.serviceAccountName, 'tester');
    assert.deepEqual([pod?.imagePullSecrets, pod?.nodeSelector], [[{ name: 'registry' }], { disk: 'ssd' }]);
    const [container] = pod?.containers ?? [];
    assert.deepEqual([container?.image, container?.command, container?.args], ['k6', ['k6'], ['run', '-']]);
    assert.equal(
      container?.env?.find((each) => each.name === 'CANARY_URL')?.value,
      'http://web-canary.shop.svc:80',
    );
  });
});
