import { type Build, describeBuild } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { createCluster } from '../cluster/client.ts';
import { connect } from '../cluster/connect.ts';
import { releaseOf } from '../image/release.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import type { Settings } from '../settings/settings.ts';
import { ingressNginx } from '../traffic/ingress-nginx.ts';
import { abort } from './abort.ts';
import { promote } from './promote.ts';
import type { Deps } from './reconcile.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
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
  const deps: Deps = { cluster, clock, router: ingressNginx, cancelled };
  const workload = settings.workload?.name ?? '';
  const by = describeBuild(build);
  const action = actionOf(settings, build);
  try {
    switch (action) {
      case 'status':
        return yield* status(workload, cluster, ingressNginx);
      case 'abort':
        return yield* abort(workload, deps, by, `Aborted by ${by}.`);
      case 'rollback':
      case 'promote': {
        const wish = wishOf(action, settings, build, namespace);
        const run = action === 'rollback' ? rollback : promote;
        return yield* run(wish, deps, { by, dryRun: settings.dry_run });
      }
    }
  } finally {
    yield { type: 'debug', message: `${cluster.requests()} requests to the API server, and its watches` };
    connection.httpAgent.destroy();
    connection.httpsAgent.destroy();
  }
}

function actionOf({ action }: Settings, build: Build): 'promote' | 'rollback' | 'abort' | 'status' {
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
