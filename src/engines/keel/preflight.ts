import { tryQueries } from '../../analysis/checks/queries.ts';
import { PromoteError } from '../../errors.ts';
import { nearMisses } from './forecast/forecast.ts';
import { subjectOf } from './revert/bake.ts';
import type { OutcomeOptions, Target } from './target.ts';

/** What is waited for must be seen. @throws PromoteError `keel-admin` */
export function checkVisibility(targets: readonly Target[], { wait, approve }: OutcomeOptions): void {
  const blind = targets.find(
    ({ request, survey: seen }) => request.named !== undefined && seen === undefined,
  );
  if (blind !== undefined && (approve || (wait !== undefined && wait !== 'sent'))) {
    throw new PromoteError(
      'keel-admin',
      `${blind.host}: what becomes of the webhook cannot be seen there, and ${approve ? '`approve`' : `\`wait: ${wait}\``} needs that.`,
      {
        hint: 'Set username and password to BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel, or give a kubeconfig; or set wait: sent.',
      },
    );
  }
  const deaf = targets.find(({ admin, request }) => request.named !== undefined && admin === undefined);
  if (deaf !== undefined && approve) {
    throw new PromoteError(
      'keel-admin',
      `${deaf.host}: its approvals cannot be reached, and \`approve\` needs them.`,
      {
        hint: 'Set username and password to BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel.',
      },
    );
  }
}

/** One Keel of which nobody would take the image keeps all from being told: half a promotion is none. @throws PromoteError `keel-takers` */
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
      ...near.map((each) => `Near: ${each}.`),
    ];
  });
  throw new PromoteError('keel-takers', lines.join('\n'), {
    hint: 'Keel would have answered 200 all the same. `repo` is the whole repository, registry and port included, as the workload names its image.',
  });
}

/**
 * Finds out before anything is sent whether the update could be brought back.
 *
 * @throws PromoteError `rights`, `check`
 */
export async function checkBake(
  seen: readonly Target[],
  { bake: wanted, cluster }: OutcomeOptions,
): Promise<void> {
  if (wanted === undefined || cluster === undefined) return;
  for (const { workload, takes } of seen.flatMap(({ forecasts }) => forecasts)) {
    if (takes === 'no') continue;
    if (!(await cluster.mayWrite(workload))) {
      throw new PromoteError(
        'rights',
        `\`checks\` bring a bad update back, and the credentials may not update ${workload.identifier}.`,
        { hint: 'deploy/rbac-keel.yaml has the rule; or leave `checks` out.' },
      );
    }
    const { prometheus, prometheusRouter } = wanted;
    await tryQueries(wanted.checks, subjectOf(workload), prometheus, prometheusRouter);
  }
}

/** What Keel will do at an address, a line a workload. */
export function forecastLines({ host, forecasts, request }: Target): string[] {
  const lines = forecasts.map(
    ({ workload, takes, message }) => `${takes === 'no' ? 'not ' : ''}${workload.identifier}: ${message}`,
  );
  return lines.length === 0
    ? [`${host}: nothing runs ${request.named?.repository}`]
    : lines.map((line) => `${host}: ${line}`);
}
