import { randomUUID } from 'node:crypto';
import type { PrometheusAccess } from '../analysis/source/prometheus.ts';
import { type Build, describeBuild } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { createCluster } from '../cluster/client.ts';
import { connect } from '../cluster/connect.ts';
import { identityOf } from '../cluster/holder.ts';
import { releaseOf } from '../image/release.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import type { Settings } from '../settings/settings.ts';
import { ingressNginx } from '../traffic/ingress-nginx.ts';
import { abort } from './abort.ts';
import { guard } from './guard.ts';
import type { GuardSettings } from './guard-job.ts';
import type { LockOptions } from './lock.ts';
import { promote } from './promote.ts';
import type { Deps } from './reconcile.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import type { AnalysisSettings } from './watch.ts';
import type { Wish } from './wish.ts';

/** The native engine: what the settings ask for, on the cluster that they name. */
export async function* nativeEngine(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  const connection = await connect(settings);
  const namespace = settings.namespace ?? connection.namespace ?? 'default';
  const cluster = createCluster(connection, namespace, clock);
  const deps: Deps = {
    cluster,
    clock,
    router: ingressNginx,
    cancelled,
    onCancel: settings.on_cancel,
    analysis: analysisOf(settings),
  };
  const workload = settings.workload?.name ?? '';
  const action = actionOf(settings, build);
  const by = action === 'guard' ? 'the guard' : describeBuild(build);
  const lock: LockOptions = { identity: identityOf(by, randomUUID()), leaseMs: settings.lease, clock };
  try {
    switch (action) {
      case 'status':
        return yield* status(workload, cluster, ingressNginx);
      case 'abort':
        return yield* abort(workload, deps, lock, by, `Aborted by ${by}.`);
      case 'guard':
        return yield* guard(workload, deps, lock);
      case 'rollback':
      case 'promote': {
        const wish = wishOf(action, settings, build, namespace);
        const run = action === 'rollback' ? rollback : promote;
        return yield* run(wish, deps, {
          by,
          lock,
          dryRun: settings.dry_run,
          onConflict: { answer: settings.on_conflict, patienceMs: settings.conflict_timeout },
          guard: guardOf(settings),
        });
      }
    }
  } finally {
    yield { type: 'debug', message: `${cluster.requests()} requests to the API server, and its watches` };
    connection.httpAgent.destroy();
    connection.httpsAgent.destroy();
  }
}

function analysisOf(settings: Settings): AnalysisSettings | undefined {
  const { false_alarm, interval, controller_namespace, checks = [], prometheus } = settings;
  if (false_alarm === 0 && checks.length === 0) return undefined;
  return {
    falseAlarm: false_alarm,
    intervalMs: interval,
    controllerNamespace: controller_namespace,
    checks,
    prometheus: prometheus === undefined ? undefined : accessOf(prometheus, settings),
  };
}

function accessOf(url: string, { prometheus_token, prometheus_tenant }: Settings): PrometheusAccess {
  return {
    url,
    ...(prometheus_token === undefined ? {} : { bearer: prometheus_token }),
    ...(prometheus_tenant === undefined ? {} : { tenant: prometheus_tenant }),
  };
}

function guardOf({
  guard: wanted,
  guard_image,
  guard_service_account,
  controller_namespace,
}: Settings): GuardSettings | undefined {
  if (!wanted || guard_image === undefined) return undefined;
  return {
    image: guard_image,
    serviceAccount: guard_service_account,
    controllerNamespace: controller_namespace,
  };
}

function actionOf({ action }: Settings, build: Build): 'promote' | 'rollback' | 'abort' | 'status' | 'guard' {
  if (action !== 'auto') return action;
  return build.event === 'rollback' ? 'rollback' : 'promote';
}

function wishOf(action: 'promote' | 'rollback', settings: Settings, build: Build, namespace: string): Wish {
  const { image } = releaseOf(settings.repo ?? '', settings.tag, build);
  return {
    action,
    namespace,
    workload: settings.workload?.name ?? '',
    image,
    container: settings.container,
    services: settings.service ?? [],
    steps: action === 'rollback' ? (settings.rollback_steps ?? []) : settings.steps,
    finish: settings.finish,
    settleMs: settings.settle,
    drainMs: settings.drain,
    timeoutMs: settings.timeout,
  };
}
