import { tryQueries } from '../../analysis/checks/queries.ts';
import { PromoteError } from '../../errors.ts';
import type { ClusterView } from './forecast/cluster-view.ts';
import { nearMisses } from './forecast/forecast.ts';
import type { KeelWorkload } from './forecast/workload.ts';
import { subjectOf } from './revert/bake.ts';
import type { OutcomeOptions, Target } from './target.ts';
import type { WatchOptions } from './watch/update-watch.ts';

/** Refuses a `wait` or `approve` whose result the step cannot see. @throws PromoteError `keel-admin` */
export function checkVisibility(targets: readonly Target[], { wait, approve }: OutcomeOptions): void {
  const blind = targets.find(
    ({ request, survey: seen }) => request.named !== undefined && seen === undefined,
  );
  if (blind !== undefined && (approve || (wait !== undefined && wait !== 'sent'))) {
    throw new PromoteError(
      'keel-admin',
      `${blind.host}: this step cannot see there what Keel does with the webhook, but ${approve ? '`approve`' : `\`wait: ${wait}\``} needs that.`,
      {
        hint: 'Set username and password to BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel, or give a kubeconfig; or set wait: sent.',
      },
    );
  }
  const withoutAdmin = targets.find(
    ({ admin, request }) => request.named !== undefined && admin === undefined,
  );
  if (withoutAdmin !== undefined && approve) {
    throw new PromoteError(
      'keel-admin',
      `${withoutAdmin.host}: this step cannot read the approvals there, but \`approve\` needs them.`,
      {
        hint: 'Set username and password to BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel.',
      },
    );
  }
}

/**
 * Refuses if any Keel has no workload for this image, so that a release is never half promoted.
 *
 * @throws PromoteError `keel-takers`
 */
export function checkTakers(seen: readonly Target[]): void {
  const without = seen.filter(({ forecasts }) => forecasts.every(({ takes }) => takes === 'no'));
  if (without.length === 0) return;
  const lines = without.flatMap(({ host, forecasts, request, survey: found }) => {
    const { named } = request;
    const image = `${named?.repository}:${named?.tag}`;
    if (forecasts.length > 0) {
      return [
        `${host}: no workload would take ${image}.`,
        ...forecasts.map(({ workload, message }) => `${workload.identifier}: ${message}.`),
      ];
    }
    const near = nearMisses({ name: named?.repository ?? '', tag: '' }, found?.workloads ?? []);
    return [
      `${host}: no workload that it watches runs ${named?.repository}.`,
      ...near.map((each) => `Similar: ${each}.`),
    ];
  });
  throw new PromoteError('keel-takers', lines.join('\n'), {
    hint: "Keel would still answer 200. Set `repo` to the whole repository with registry and port, as in the workload's image.",
  });
}

/**
 * Checks before anything is sent that the step may restore the previous images, and that its queries work.
 * Without `checks` a step that may not is no reason to refuse: it still finds a bad release, and says so.
 *
 * @returns warnings
 * @throws PromoteError `rights`, `check`
 */
export async function checkBake(
  workloads: readonly KeelWorkload[],
  cluster: ClusterView,
  { checks, prometheus, prometheusRouter }: WatchOptions,
  flags: string,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const workload of workloads) {
    if (!(await cluster.mayWrite(workload))) {
      const missing = `the credentials may not update ${workload.identifier}`;
      if (checks.length > 0) {
        throw new PromoteError(
          'rights',
          `\`checks\` restore the previous images after a bad update, but ${missing}.`,
          { hint: `drone-promote rbac ${flags} | kubectl apply -f -\nOr remove \`checks\`.` },
        );
      }
      warnings.push(
        `A bad release would be found, but not brought back, because ${missing}. To allow it: drone-promote rbac ${flags} | kubectl apply -f -`,
      );
    }
    await tryQueries(checks, subjectOf(workload), prometheus, prometheusRouter);
  }
  return warnings;
}

/** What Keel will do at an address, one line for each workload. */
export function forecastLines({ host, forecasts, request }: Target): string[] {
  const lines = forecasts.map(
    ({ workload, takes, message }) => `${takes === 'no' ? 'not ' : ''}${workload.identifier}: ${message}`,
  );
  return lines.length === 0
    ? [`${host}: no workload runs ${request.named?.repository}`]
    : lines.map((line) => `${host}: ${line}`);
}
