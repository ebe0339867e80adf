import {
  MAY_LOOK,
  MAY_LOOK_AT_CLASSES,
  MAY_LOOK_AT_PLUGIN,
  TO_ANALYSE,
  TO_BE_GUARDED,
  TO_BOOTSTRAP,
  TO_DRIVE,
  TO_GUARD,
  TO_KNOW_ROUTES,
  TO_ROUTE,
} from '../engines/argo/rights.ts';
import { TO_ASK_PODS } from '../engines/shared/rights.ts';
import { checksByKind } from '../settings/checks/job.ts';
import { nginx } from '../traffic/nginx/router.ts';
import { controllerOf, type Grant, optionalGrant, type RightsRequest, STEP_ACCOUNT } from './grant.ts';

/** What a promotion of a Rollout and its guard need; with `bootstrap`, what making one of a Deployment needs too. */
export function argoGrants(request: RightsRequest): Grant[] {
  const { guard, guard_service_account, false_alarm, checks = [], bootstrap } = request.settings;
  const { measured } = checksByKind(checks);
  const isCounted = false_alarm > 0;
  return [
    {
      account: STEP_ACCOUNT,
      suffix: '-rollouts',
      purpose: 'Promotes a Rollout, whose pods may be described by a Deployment (`workloadRef`).',
      rights: TO_DRIVE,
    },
    ...(isCounted || measured.some(({ measure }) => measure.kind === 'pod')
      ? [
          {
            account: STEP_ACCOUNT,
            suffix: '-pods',
            purpose:
              'The counters of the pods of this namespace, and checks of a `path`. Without it they are not read.',
            rights: TO_ASK_PODS,
          },
        ]
      : []),
    ...(guard ? guardGrants(guard_service_account) : []),
    ...(bootstrap === 'false' ? [] : bootstrapGrants(bootstrap === 'undo' || checks.length > 0)),
    // the requests that the engine judges by are those of ingress-nginx, whoever sets the weights
    ...(isCounted || measured.length > 0
      ? [
          {
            account: STEP_ACCOUNT,
            suffix: '-rollouts-routes',
            purpose:
              'Which lines of the access log are about the Rollout, and which route leads to a blue-green one. Without it the counters alone judge a canary, and nothing of the router a blue-green release.',
            rights: TO_KNOW_ROUTES,
          },
          ...nginx
            .optionalRights(controllerOf(request))
            .filter(({ use }) => use === 'watch')
            .map((optional) => optionalGrant(STEP_ACCOUNT, nginx.name, optional)),
        ]
      : []),
  ];
}

function guardGrants(account: string): Grant[] {
  return [
    {
      account: STEP_ACCOUNT,
      suffix: '-rollouts-guarded',
      purpose:
        '`guard: true`: the step makes the Job of its guard, and keeps a Lease that the guard watches.',
      rights: TO_BE_GUARDED,
    },
    {
      account,
      suffix: '-rollouts',
      purpose: 'The guard aborts a Rollout if the step was killed. It writes no template.',
      rights: TO_GUARD,
    },
  ];
}

/** @param analyses whether there is an AnalysisTemplate to make, or perhaps to delete */
function bootstrapGrants(analyses: boolean): Grant[] {
  return [
    {
      account: STEP_ACCOUNT,
      suffix: '-bootstrap',
      purpose: '`bootstrap`: makes a Rollout of a Deployment, or the reverse. Not needed afterwards.',
      rights: [...TO_BOOTSTRAP, ...TO_ROUTE, ...MAY_LOOK],
    },
    ...(analyses
      ? [
          {
            account: STEP_ACCOUNT,
            suffix: '-bootstrap-checks',
            purpose: '`bootstrap` with `checks`, or back from it: the AnalysisTemplate.',
            rights: TO_ANALYSE,
          },
        ]
      : []),
    {
      account: STEP_ACCOUNT,
      suffix: '-bootstrap-classes',
      purpose:
        'Which Ingresses are those of ingress-nginx. Without it, only the class "nginx" counts as such.',
      rights: MAY_LOOK_AT_CLASSES,
    },
    {
      account: STEP_ACCOUNT,
      suffix: '-bootstrap-plugin',
      purpose:
        'Whether the controller of Argo Rollouts has its plugin for Gateway API. Without it, that is assumed if a route leads to the Service.',
      rights: MAY_LOOK_AT_PLUGIN,
    },
  ];
}
