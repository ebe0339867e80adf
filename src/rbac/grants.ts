import { TO_FIND_ROUTES, TO_FOLLOW, TO_REVERT } from '../engines/keel/rights.ts';
import { rightsToPull, TO_ASK_PODS, TO_COMPARE_PLATFORMS } from '../engines/shared/rights.ts';
import { usesRegistry } from '../image/registry-needs.ts';
import { checksByKind } from '../settings/checks/job.ts';
import { engineOf } from '../settings/engine.ts';
import { strategyOf } from '../settings/strategy/rolling.ts';
import { countingRouters, ROUTERS } from '../traffic/index.ts';
import { argoGrants } from './argo-grants.ts';
import {
  controllerOf,
  type Grant,
  KEEL_ACCOUNT,
  optionalGrant,
  type RightsRequest,
  STEP_ACCOUNT,
} from './grant.ts';
import { nativeGrants } from './native-grants.ts';
import { rollingGrants } from './rolling-grants.ts';

/** All rights that a step with these settings, and its guard, ask for or use; from the engines' own lists. Pure. */
export function grantsFor(request: RightsRequest): Grant[] {
  switch (engineOf(request.settings)) {
    case 'keel':
      return keelGrants(request);
    case 'argo':
      return [...argoGrants(request), ...registryGrants(request)];
    case 'native':
      return [
        ...(strategyOf(request.settings) === 'rolling' ? rollingGrants(request) : nativeGrants(request)),
        ...registryGrants(request),
      ];
  }
}

/** The account that a step with these settings uses. */
export function accountOf({ settings }: RightsRequest): string {
  return engineOf(settings) === 'keel' ? KEEL_ACCOUNT : STEP_ACCOUNT;
}

/** Whether the step may read Secrets of the cluster for the registry. */
export function readsPullSecrets({ settings }: RightsRequest): boolean {
  return engineOf(settings) !== 'keel' && usesRegistry(settings, true);
}

function registryGrants(request: RightsRequest): Grant[] {
  if (!readsPullSecrets(request)) return [];
  const account = STEP_ACCOUNT;
  const { pullSecrets } = request;
  return [
    ...pullSecrets.map((name) => ({
      account,
      suffix: `-pull-${name}`,
      purpose: 'A Secret that opens the registry, if the settings have no credentials for it.',
      rights: rightsToPull([name]),
    })),
    {
      account,
      suffix: '-nodes',
      purpose: "The nodes' platforms. Without it, an image that runs on none of them is not noticed before.",
      rights: TO_COMPARE_PLATFORMS,
    },
  ];
}

function keelGrants(request: RightsRequest): Grant[] {
  const account = KEEL_ACCOUNT;
  const { checks = [], false_alarm, bake, traffic } = request.settings;
  const { measured } = checksByKind(checks);
  const isJudged = false_alarm > 0 && bake > 0;
  const routers = isJudged ? countingRouters(traffic, ROUTERS) : [];
  return [
    {
      account,
      suffix: '',
      purpose:
        'Reads the workloads that Keel updates, and why a pod does not start. It writes nothing: Keel does.',
      rights: TO_FOLLOW,
    },
    ...(isJudged || measured.length > 0
      ? [
          {
            account,
            suffix: '-revert',
            purpose:
              'Restores the previous images after a bad update. Without it a bad update stays, and the step fails.',
            rights: TO_REVERT,
          },
        ]
      : []),
    ...(isJudged || measured.some(({ measure }) => measure.kind === 'pod')
      ? [
          {
            account,
            suffix: '-pods',
            purpose:
              'The counters of the pods of this namespace, and `checks` with a `path`. Without it they are not read.',
            rights: TO_ASK_PODS,
          },
        ]
      : []),
    ...routers.flatMap((router) => [
      {
        account,
        suffix: `-${router.name}`,
        purpose: 'Finds the routes of the users to the workloads, to count their requests.',
        rights: [...TO_FIND_ROUTES, ...router.rightsFor('look')],
      },
      ...router
        .optionalRights(controllerOf(request))
        .map((optional) => optionalGrant(account, router.name, optional)),
    ]),
  ];
}
