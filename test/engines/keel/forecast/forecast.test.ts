import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Approval } from '../../../../src/engines/keel/admin/approval.ts';
import { forecast, nearMisses } from '../../../../src/engines/keel/forecast/forecast.ts';
import type { KeelWorkload } from '../../../../src/engines/keel/forecast/workload.ts';

const NAMED = { name: '10.0.0.1:5000/web', tag: '1.0.1' };

function workload(
  annotations: Record<string, string>,
  images: string[],
  more: Partial<KeelWorkload> = {},
): KeelWorkload {
  return {
    identifier: 'deployment/shop/web',
    kind: 'deployment',
    namespace: 'shop',
    name: 'web',
    labels: {},
    annotations: { 'keel.sh/policy': 'all', ...annotations },
    containers: images.map((image, index) => ({ name: `c${index}`, image, init: false })),
    rollout: { state: 'done', message: '' },
    source: 'cluster',
    ...more,
  };
}

const record = (more: Partial<Approval> & { name?: string } = {}): Approval => ({
  id: 'a',
  archived: false,
  identifier: 'deployment/shop/web:1.0.1',
  repository: { name: more.name ?? NAMED.name, tag: '1.0.1', digest: 'x' },
  eventAt: '',
  votesRequired: 1,
  votesReceived: 0,
  voters: [],
  rejected: false,
  deadline: '',
  ...more,
});

const forecastText = (
  given: KeelWorkload,
  approvals: Approval[] = [],
  isOurs = false,
  named = NAMED,
  keel = '0.22.1',
) => {
  const [found] = forecast(named, [given], { approvals, keel, now: 0, isOurs: () => isOurs });
  return found === undefined ? 'none' : `${found.takes}: ${found.message}`;
};

const withSidecar = (isSidecar = true) =>
  workload({}, [], {
    containers: [
      { name: 'c0', image: '10.0.0.1:5000/web:1.0.0', init: false },
      { name: 'proxy', image: 'proxy:9', init: true, ...(isSidecar ? { sidecar: true } : {}) },
    ],
  });

describe('engines/keel/forecast/forecast', () => {
  const web = ['10.0.0.1:5000/web:1.0.0'];
  const gated = { 'keel.sh/approvals': '1' };
  const table: [what: string, given: () => string, expected: RegExp][] = [
    ['taken', () => forecastText(workload({}, web)), /^yes: 1\.0\.0 in c0 → 1\.0\.1 \(all\)$/],
    ['after votes', () => forecastText(workload(gated, web)), /^yes: .*after 1 vote$/],
    [
      'approvals that are no number',
      () => forecastText(workload({ 'keel.sh/approvals': 'abc' }, web)),
      /^no: .*is not a number/,
    ],
    [
      'a label, of which the annotation is stronger',
      () =>
        forecastText(
          workload({ 'keel.sh/policy': 'patch' }, web, { labels: { 'keel.sh/policy': 'all' } }),
          [],
          false,
          { ...NAMED, tag: '1.1.0' },
        ),
      /^no: .*policy patch/,
    ],
    [
      'a label alone',
      () => forecastText(workload({}, web, { labels: { 'keel.sh/policy': 'all' }, annotations: {} })),
      /^yes/,
    ],
    [
      'poll as trigger, which the webhook does not mind',
      () => forecastText(workload({ 'keel.sh/trigger': 'poll' }, web)),
      /^yes/,
    ],
    [
      'swallowed by another’s approval',
      () => forecastText(workload(gated, web), [record()]),
      /^no: .*would absorb the webhook/,
    ],
    [
      'a collision with another image of the workload',
      () => forecastText(workload(gated, web), [record({ name: '10.0.0.1:5000/imgx' })]),
      /^no: an approval of 10\.0\.0\.1:5000\/imgx/,
    ],
    [
      'blocked by a reject',
      () => forecastText(workload(gated, web), [record({ rejected: true })]),
      /^no: .*was rejected, and stays blocked/,
    ],
    [
      'an archived record is in nobody’s way',
      () => forecastText(workload(gated, web), [record({ archived: true })]),
      /^yes/,
    ],
    ['one’s own, open', () => forecastText(workload(gated, web), [record()], true), /^open: /],
    [
      'one’s own, rejected',
      () => forecastText(workload(gated, web), [record({ rejected: true })], true),
      /^no: /,
    ],
    ['runs it', () => forecastText(workload({}, ['10.0.0.1:5000/web:1.0.1'])), /^already: /],
    [
      'runs it, and is none of Keel’s',
      () => forecastText(workload({ 'keel.sh/policy': 'never' }, ['10.0.0.1:5000/web:1.0.1'])),
      /^no: /,
    ],
    [
      'pinned by a digest',
      () => forecastText(workload({}, [`10.0.0.1:5000/web:1.0.0@sha256:${'0'.repeat(64)}`])),
      /^no: .*a digest/,
    ],
    [
      'with a native sidecar, of a Keel that may drop its restartPolicy',
      () => forecastText(withSidecar()),
      /^maybe: 1\.0\.0 in c0 → 1\.0\.1 \(all\); Keel 0\.20 drops the `restartPolicy` of its native sidecar proxy; .*, and other versions may/,
    ],
    [
      'with a native sidecar, of a Keel that drops its restartPolicy',
      () => forecastText(withSidecar(), [], false, NAMED, '0.20.0'),
      /^no: Keel 0\.20\.0 drops the `restartPolicy` of its native sidecar proxy;/,
    ],
    [
      'with a native sidecar, of an older Keel',
      () => forecastText(withSidecar(), [], false, NAMED, '0.19.1'),
      /^no: Keel 0\.19\.1 drops/,
    ],
    [
      'with a plain init container, of an older Keel',
      () => forecastText(withSidecar(false), [], false, NAMED, '0.19.1'),
      /^yes/,
    ],
    ['without a tag', () => forecastText(workload({}, ['10.0.0.1:5000/web'])), /^yes: latest/],
    [
      'with a scheme in the name',
      () => forecastText(workload({}, web), [], false, { name: 'https://10.0.0.1:5000/web', tag: '1.0.1' }),
      /^yes/,
    ],
    [
      'monitored by name',
      () => forecastText(workload({ 'keel.sh/monitorContainers': '^c1$' }, [...web, ...web])),
      /^yes: 1\.0\.0 in c1 →/,
    ],
    ['another registry', () => forecastText(workload({}, ['10.0.0.1:5001/web:1.0.0'])), /^none$/],
    [
      'registry-1.docker.io is not docker.io',
      () =>
        forecastText(workload({}, ['acme/web:1.0.0']), [], false, {
          name: 'registry-1.docker.io/acme/web',
          tag: '1.0.1',
        }),
      /^none$/,
    ],
    [
      'index.docker.io is',
      () =>
        forecastText(workload({}, ['acme/web:1.0.0']), [], false, {
          name: 'index.docker.io/acme/web',
          tag: '1.0.1',
        }),
      /^yes/,
    ],
  ];
  for (const [what, given, expected] of table) it(what, () => assert.match(given(), expected));

  it('names what is nearly it', () => {
    const init = { name: 'mig', image: '10.0.0.1:5000/web:1.0.0', init: true };
    const others = [
      workload({}, ['10.0.0.1:5001/web:1.0.0']),
      workload({}, ['other:1'], { containers: [init] }),
      workload({}, ['10.0.0.1:5000/shop:1']),
    ];
    const near = nearMisses(NAMED, others);
    assert.equal(near.length, 2);
    assert.match(near[1] ?? '', /init container, without the annotation/);
  });
});
