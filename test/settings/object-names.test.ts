import { objectName, objectNames, workload, workloads } from '../../src/settings/object-names.ts';
import { table } from './parser-table.ts';

const similar = (meant: string) =>
  new RegExp(
    `^"[^"]+" is not of the form deployment/NAME, statefulset/NAME, daemonset/NAME or rollout/NAME; did you mean ${meant}\\?$`,
  );
const form = /is not of the form deployment\/NAME, statefulset\/NAME, daemonset\/NAME or rollout\/NAME$/;
const name = /is not a valid Kubernetes name \(lower-case letters, digits, "-" and "\."\)$/;
table(
  'settings/object-names, workload',
  workload,
  [
    ['deployment/shop', { kind: 'deployment', name: 'shop' }],
    ['rollout/shop', { kind: 'rollout', name: 'shop' }],
    ['statefulset/shop', { kind: 'statefulset', name: 'shop' }],
    ['daemonset/shop', { kind: 'daemonset', name: 'shop' }],
    [' deployment/shop-2.eu\n', { kind: 'deployment', name: 'shop-2.eu' }],
  ],
  [
    ['shop', similar('deployment/shop')],
    ['deployments/shop', similar('deployment/shop')],
    ['Deployment/shop', similar('deployment/shop')],
    ['deploy/shop', similar('deployment/shop')],
    ['deployment.apps/shop', similar('deployment/shop')],
    ['Rollouts/shop', similar('rollout/shop')],
    ['Shop', form],
    ['sts/shop', similar('statefulset/shop')],
    ['replicaset/shop', form],
    ['deployment/a/b', form],
    ['deployment', form],
    ['deployment/', name],
    ['deployment/Shop', name],
    ['deployment/..', name],
  ],
);

const shop = { kind: 'deployment', name: 'shop' } as const;
table(
  'settings/object-names, workloads',
  workloads,
  [
    ['deployment/shop', { ...shop, followers: [] }],
    ['rollout/shop', { kind: 'rollout', name: 'shop', followers: [] }],
    [
      'deployment/shop, deployment/worker,statefulset/jobs,daemonset/agent,cronjob/report',
      {
        ...shop,
        followers: [
          { kind: 'deployment', name: 'worker' },
          { kind: 'statefulset', name: 'jobs' },
          { kind: 'daemonset', name: 'agent' },
          { kind: 'cronjob', name: 'report' },
        ],
      },
    ],
    ['["deployment/shop","cronjob/report"]', { ...shop, followers: [{ kind: 'cronjob', name: 'report' }] }],
  ],
  [
    ['', form],
    ['shop', similar('deployment/shop')],
    ['cronjob/report, deployment/shop', form],
    ['deployment/shop, worker', /^"worker" cannot follow the first workload: write deployment\/NAME, /],
    ['deployment/shop, rollout/worker', /^"rollout\/worker" cannot follow/],
    ['deployment/shop, job/once', /^"job\/once" cannot follow/],
    ['deployment/shop, deployment/Worker', name],
    ['deployment/shop, deployment/worker, deployment/worker', /^has deployment\/worker twice$/],
    ['deployment/shop, deployment/shop', /^has deployment\/shop twice$/],
    ['shop, deployment/a/b', /cannot follow the first workload/],
  ],
);

table(
  'settings/object-names, objectName',
  objectName,
  [
    ['a', 'a'],
    ['0', '0'],
    ['a-b.c-d', 'a-b.c-d'],
    [`${'a'.repeat(253)}`, 'a'.repeat(253)],
  ],
  [
    ['', name],
    ['a'.repeat(254), name],
    ['-a', name],
    ['a-', name],
    ['a..b', name],
    ['a.-b', name],
    ['a-.b', name],
    ['a_b', name],
    ['a/b', name],
    ['a?b', name],
    ['a%2fb', name],
    ['ä', name],
    ['a\nb', name],
  ],
);

table(
  'settings/object-names, objectNames',
  objectNames,
  [['a, b', ['a', 'b']]],
  [['a, B', /^"B" is not a valid Kubernetes name/]],
);
