import { randomUUID } from 'node:crypto';
import { analysisOf } from '../../analysis/settings.ts';
import { type Build, describeBuild, isRollback } from '../../ci/build.ts';
import type { Clock } from '../../clock.ts';
import type { Cluster } from '../../cluster/client.ts';
import { identityOf } from '../../cluster/holder.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Place } from '../../image/verify/required.ts';
import { withImage } from '../../image/with-image.ts';
import type { Outcome } from '../../outcome.ts';
import { checksByKind } from '../../settings/checks/job.ts';
import { withOwnChecks } from '../../settings/checks/step-checks.ts';
import type { Settings } from '../../settings/settings.ts';
import { stepsOf, strategyOf } from '../../settings/strategy/rolling.ts';
import { ROUTERS, type Routers } from '../../traffic/index.ts';
import type { Steer } from '../../traffic/split.ts';
import { kindOf } from '../../workload/kinds/templated.ts';
import { kindNamed, referenceOf } from '../../workload/rolling/kinds.ts';
import { guardOf } from '../shared/guard-job.ts';
import { imageContext } from '../shared/image-context.ts';
import { withCluster } from '../shared/with-cluster.ts';
import { abort } from './abort.ts';
import { guard } from './guard.ts';
import type { LockOptions } from './lock/lock.ts';
import { promotedThere } from './lock/promoted-there.ts';
import type { Deps } from './loop-state.ts';
import { podTemplateSource } from './observe/pod-template-source.ts';
import type { WorkloadRef } from './plan/followers/follower.ts';
import type { PromotionSpec } from './plan/spec.ts';
import { promote } from './promote.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';

/** The native engine: runs the action of the settings on the cluster that they name. */
export function nativeEngine(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
  routers: Routers = ROUTERS,
): AsyncGenerator<PromotionEvent, Outcome> {
  return withCluster(settings, clock, (cluster) => act(settings, build, cluster, clock, cancelled, routers));
}

async function* act(
  given: Settings,
  build: Build,
  cluster: Cluster,
  clock: Clock,
  cancelled: AbortSignal,
  routers: Routers,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { namespace } = cluster;
  const action = actionOf(given, build);
  const settings = withOwnChecks(given, action === 'rollback');
  const deps: Deps = {
    cluster,
    clock,
    routers,
    cancelled,
    onCancel: settings.on_cancel,
    analysis: analysisOf(settings),
    rolls: strategyOf(settings) === 'rolling',
  };
  const named = { kind: kindNamed(settings.workload?.kind), workload: settings.workload?.name ?? '' };
  const workload = referenceOf(named);
  const by = action === 'guard' ? 'the guard' : describeBuild(build);
  const lock: LockOptions = { identity: identityOf(by, randomUUID()), leaseMs: settings.lease, clock };
  switch (action) {
    case 'status':
      return yield* status(workload, followersOf(settings), cluster, routers);
    case 'abort':
      return yield* abort(workload, deps, lock, by, `Aborted by ${by}.`);
    case 'guard':
      return yield* guard(workload, deps, lock);
    case 'rollback':
    case 'promote': {
      const run = action === 'rollback' ? rollback : promote;
      const context = {
        ...imageContext(cluster, podTemplateSource(cluster, named)),
        promoted: (place: Place) => promotedThere(cluster, place),
      };
      return yield* withImage(settings, build, context, { clock, signal: cancelled }, ({ image }) =>
        run(specOf(action, settings, image, namespace), deps, {
          by,
          lock,
          dryRun: settings.dry_run,
          onConflict: { answer: settings.on_conflict, timeoutMs: settings.conflict_timeout },
          guard: guardOf(settings, {
            controller_namespace: settings.controller_namespace,
            ...(deps.rolls ? { strategy: 'rolling' } : {}),
          }),
        }),
      );
    }
  }
}

function steerOf({ header: exact, header_pattern, cookie }: Settings): Steer | undefined {
  const header = exact ?? header_pattern;
  if (header === undefined && cookie === undefined) return undefined;
  return { ...(header ? { header } : {}), ...(cookie === undefined ? {} : { cookie }) };
}

function followersOf({ workload }: Settings): WorkloadRef[] {
  return (workload?.followers ?? []).map(({ kind, name }) => ({ kind: kindOf(kind), name }));
}

/** A rollback does not wait for copies: its users need it now. */
function mirrorOf(action: string, { mirror_requests, mirror_methods }: Settings): PromotionSpec['mirror'] {
  return mirror_requests && action === 'promote'
    ? { ...mirror_requests, methods: mirror_methods }
    : undefined;
}

function actionOf({ action }: Settings, build: Build): 'promote' | 'rollback' | 'abort' | 'status' | 'guard' {
  // a check runs this engine with the action of its dry run
  if (action !== 'auto' && action !== 'check') return action;
  return isRollback({ action }, build) ? 'rollback' : 'promote';
}

/** A rollback without steps goes at the pace of the router, or at once. */
function finishOf(action: 'promote' | 'rollback', settings: Settings): PromotionSpec['finish'] {
  const { finish, rollback_steps = [], rollback_finish } = settings;
  return action === 'rollback' && rollback_steps.length === 0 ? rollback_finish : finish;
}

function specOf(
  action: 'promote' | 'rollback',
  settings: Settings,
  image: string,
  namespace: string,
): PromotionSpec {
  const checks = checksByKind(settings.checks ?? []);
  const strategy = strategyOf(settings);
  return {
    action,
    namespace,
    kind: kindNamed(settings.workload?.kind),
    workload: settings.workload?.name ?? '',
    followers: followersOf(settings),
    order: settings.order,
    image,
    container: settings.container,
    services: settings.service ?? [],
    steps: action === 'rollback' ? (settings.rollback_steps ?? []) : stepsOf(settings),
    firstContact: settings.first_contact || undefined,
    mirror: mirrorOf(action, settings),
    strategy: action === 'promote' || strategy === 'rolling' ? strategy : 'canary',
    baseline: settings.baseline,
    queries: checks.measured.some(({ measure }) => measure.kind === 'query'),
    jobs: checks.jobs,
    // who goes back wants neither the migrations of the old release nor a surprise
    before: action === 'promote' ? (settings.before ?? []) : [],
    after: action === 'promote' ? (settings.after ?? []) : [],
    finish: finishOf(action, settings),
    settleMs: settings.settle,
    drainMs: settings.drain,
    timeoutMs: settings.timeout,
    requireEvidence: settings.require_evidence,
    steer: steerOf(settings),
    preview: action === 'promote' ? settings.preview : undefined,
    metricsPort: settings.metrics_port,
    traffic: settings.traffic,
    unwatched: settings.unwatched,
  };
}
