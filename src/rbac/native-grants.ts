import { MAY_TAKE_OUT } from '../engines/native/plan/finish/may-take-out.ts';
import { MAY_LOOK_AT_NODES } from '../engines/native/plan/finish/node-room.ts';
import { rightsToRollFollowers } from '../engines/native/plan/followers/read-followers.ts';
import {
  MAY_LOOK,
  MAY_LOOK_AT_MONITORS,
  MAY_LOOK_OUTSIDE,
  rightsToGuard,
  rightsToLook,
  rightsToPromote,
  TO_BE_GUARDED,
  TO_COPY_POLICIES,
  TO_HOLD_AUTOSCALER,
  TO_PAUSE_KEDA,
  TO_REMOVE_POLICIES,
  TO_RUN_CHECK_JOBS,
} from '../engines/native/plan/rights.ts';
import { rightsToPreview } from '../engines/native/plan/split/preview.ts';
import { checksByKind } from '../settings/checks/job.ts';
import { candidateRouters, ROUTERS } from '../traffic/index.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import { kindOf } from '../workload/kinds/templated.ts';
import { controllerOf, type Grant, optionalGrant, type RightsRequest, STEP_ACCOUNT } from './grant.ts';
import { hookGrants } from './hook-grants.ts';
import { readingGrants } from './reading-grants.ts';

const PACE_PURPOSE =
  '`finish: pace`: a pod leaves its Services before it ends. Without it, a pod ends while the router still sends to it.';

const KEDA_PURPOSE =
  'Where KEDA scales the Deployment: it is paused while the canary carries all users. Without it, KEDA may scale stable down then.';

/** What every step needs, and what it may read of other namespaces. */
const STEP: readonly Grant[] = [
  {
    account: STEP_ACCOUNT,
    suffix: '',
    purpose:
      'Promotes a Deployment: its canary, its Services, its policies, its autoscaler, and the lock (a Lease).',
    rights: [
      ...rightsToPromote(undefined),
      ...rightsToLook([]),
      ...TO_HOLD_AUTOSCALER,
      ...TO_COPY_POLICIES,
      ...MAY_LOOK,
    ],
  },
  {
    account: STEP_ACCOUNT,
    suffix: '-pace',
    purpose: PACE_PURPOSE,
    rights: MAY_TAKE_OUT,
  },
  {
    account: STEP_ACCOUNT,
    suffix: '-keda',
    purpose: KEDA_PURPOSE,
    rights: TO_PAUSE_KEDA,
  },
  {
    account: STEP_ACCOUNT,
    suffix: '-policies',
    purpose:
      "The NetworkPolicies of other namespaces, of which one may name stable's pods and not the canary's. Without it, only those of the workload's namespace are looked at.",
    rights: MAY_LOOK_OUTSIDE,
  },
];

const NODE_ROOM: Grant = {
  account: STEP_ACCOUNT,
  suffix: '-room',
  purpose:
    'The room on the nodes, by what all pods of the cluster ask for. Without it, `finish: auto` looks at quotas alone. It lets the step read the pods of all namespaces.',
  rights: MAY_LOOK_AT_NODES,
};

const MONITORS: Grant = {
  account: STEP_ACCOUNT,
  suffix: '-monitors',
  purpose: '`checks` with a query: whether Prometheus scrapes the canary. Without it this is not looked at.',
  rights: MAY_LOOK_AT_MONITORS,
};

/** What the native engine and its guard need. */
export function nativeGrants(request: RightsRequest): Grant[] {
  const {
    guard,
    guard_service_account: guardAccount,
    traffic,
    strategy,
    preview,
    checks = [],
  } = request.settings;
  const { measured, jobs } = checksByKind(checks);
  const routers = candidateRouters(traffic, ROUTERS, strategy);
  return [
    ...STEP,
    ...(request.nodeRoom ? [NODE_ROOM] : []),
    ...followerGrants(request, STEP_ACCOUNT),
    ...routers.map((router) => splits(router, 'promote', STEP_ACCOUNT, preview !== undefined)),
    ...readingGrants(request.settings),
    ...(measured.some(({ measure }) => measure.kind === 'query') ? [MONITORS] : []),
    ...(jobs.length > 0
      ? [
          {
            account: STEP_ACCOUNT,
            suffix: '-check-jobs',
            purpose: '`checks` with a `job`.',
            rights: TO_RUN_CHECK_JOBS,
          },
        ]
      : []),
    ...hookGrants(request.settings, STEP_ACCOUNT),
    ...(guard
      ? [
          ...guardGrants(guardAccount, routers, preview !== undefined),
          ...followerGrants(request, guardAccount),
          ...hookGrants(request.settings, guardAccount),
        ]
      : []),
    ...routers.flatMap((router) => observation(router, request)),
  ];
}

function guardGrants(account: string, routers: readonly TrafficRouter[], hasPreview: boolean): Grant[] {
  return [
    {
      account: STEP_ACCOUNT,
      suffix: '-guarded',
      purpose: '`guard: true`: the step makes the Job of its guard.',
      rights: TO_BE_GUARDED,
    },
    {
      account,
      suffix: '',
      purpose:
        'The guard takes a promotion back, or completes it, if the step was killed. It creates nothing but Jobs of `after` and `undo`.',
      rights: [...rightsToGuard(undefined), ...TO_HOLD_AUTOSCALER, ...TO_REMOVE_POLICIES],
    },
    { account, suffix: '-pace', purpose: PACE_PURPOSE, rights: MAY_TAKE_OUT },
    { account, suffix: '-keda', purpose: KEDA_PURPOSE, rights: TO_PAUSE_KEDA },
    ...routers.map((router) => splits(router, 'guard', account, hasPreview)),
  ];
}

/** Deployments are in the other Roles. */
function followerGrants({ settings: { workload } }: RightsRequest, account: string): Grant[] {
  const refs = (workload?.followers ?? []).map(({ kind }) => ({ kind: kindOf(kind) }));
  const rights = rightsToRollFollowers(refs);
  if (rights.length === 0) return [];
  const purpose =
    'The other workloads of `workload`: they get the image, and are put back. A pod of a StatefulSet that keeps it from going back is deleted.';
  return [{ account, suffix: '-followers', purpose, rights }];
}

function splits(
  router: TrafficRouter,
  use: 'promote' | 'guard',
  account: string,
  hasPreview: boolean,
): Grant {
  return {
    account,
    suffix: `-${router.name}`,
    purpose:
      use === 'promote'
        ? `Splits the users between stable and canary (\`traffic: ${router.name}\`).`
        : 'Takes the users off the canary.',
    rights: [
      ...(use === 'promote' ? router.rightsFor('look') : []),
      ...router.rightsFor(use),
      ...(hasPreview ? rightsToPreview(router, use) : []),
    ],
  };
}

/** A guard sees what the step sees: its judge is on by default, and the counters say when the last user has left the canary. */
function observation(router: TrafficRouter, request: RightsRequest): Grant[] {
  const { guard, guard_service_account, false_alarm, checks = [] } = request.settings;
  const isWatched = false_alarm > 0 || checksByKind(checks).measured.length > 0;
  return router
    .optionalRights(controllerOf(request))
    .flatMap((optional) => [
      ...(optional.use === 'plan' || isWatched ? [optionalGrant(STEP_ACCOUNT, router.name, optional)] : []),
      ...(optional.use === 'watch' && guard
        ? [optionalGrant(guard_service_account, router.name, optional)]
        : []),
    ]);
}
