import type { Clock } from '../../../clock.ts';
import { messageOf } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Approval } from '../admin/approval.ts';
import type { Admin, Reply } from '../admin/client.ts';
import type { ClusterView } from './cluster-view.ts';
import type { KeelWorkload } from './workload.ts';

/** The state of a Keel before anything is sent. */
export interface Survey {
  readonly workloads: readonly KeelWorkload[];
  /** Undefined if they cannot be read. */
  readonly approvals: readonly Approval[] | undefined;
  readonly keel: string | undefined;
  /** The list has every kind of workload, so a workload that is not in it does not exist. */
  readonly isWhole: boolean;
}

/** The most tries of a request while Keel may be starting, and the pause between two. */
const TRIES = 4;
const PAUSE_MS = 1_000;

/**
 * Reads the state of a Keel from its admin API and the cluster, if they are given. If both have a workload,
 * the cluster's one counts.
 *
 * @returns undefined if neither can be read; the events then say why
 */
export async function* surveyOf(
  admin: Admin | undefined,
  cluster: ClusterView | undefined,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Survey | undefined> {
  const fromAdmin = admin === undefined ? undefined : yield* askAdmin(admin, clock, signal);
  const fromCluster = cluster === undefined ? undefined : yield* listOf(cluster, fromAdmin?.workloads);
  if (fromAdmin === undefined && fromCluster === undefined) return undefined;
  const known = new Set(fromCluster?.workloads.map(({ identifier }) => identifier));
  return {
    workloads: [
      ...(fromCluster?.workloads ?? []),
      ...(fromAdmin?.workloads.filter(({ identifier }) => !known.has(identifier)) ?? []),
    ],
    approvals: fromAdmin?.approvals,
    keel: fromAdmin?.keel,
    isWhole: fromAdmin !== undefined || fromCluster?.unseen.length === 0,
  };
}

async function* askAdmin(
  admin: Admin,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Survey | undefined> {
  const resources = await insist(() => admin.resources(), clock, signal);
  if (resources.kind !== 'ok') {
    yield {
      type: 'warning',
      message: `${admin.host}: ${unreadableReason(resources)}; this step cannot see the result of the webhook there`,
    };
    return undefined;
  }
  // after the workloads, so that this step does not miss an approval that another webhook requests meanwhile
  const approvals = await insist(() => admin.approvals(), clock, signal);
  const version = await admin.version();
  if (approvals.kind !== 'ok') {
    yield {
      type: 'warning',
      message: `${admin.host}: cannot read the approvals: ${unreadableReason(approvals)}`,
    };
    return undefined;
  }
  return {
    workloads: resources.value,
    approvals: approvals.value,
    keel: version.kind === 'ok' ? version.value : undefined,
    isWhole: true,
  };
}

/** The workloads of the cluster's namespace. If Keel has a list, only workloads of that list. */
async function* listOf(
  cluster: ClusterView,
  listed: readonly KeelWorkload[] | undefined,
): AsyncGenerator<PromotionEvent, { workloads: KeelWorkload[]; unseen: readonly string[] } | undefined> {
  try {
    const { workloads, unseen } = await cluster.list();
    if (unseen.length > 0) {
      yield {
        type: 'debug',
        message: `the credentials may not list these in ${cluster.namespace}: ${unseen.join(', ')}`,
      };
    }
    const watched = new Set(listed?.map(({ identifier }) => identifier));
    const own = workloads.filter(({ identifier }) => watched.has(identifier));
    return { workloads: listed === undefined ? workloads : own, unseen };
  } catch (error) {
    yield { type: 'warning', message: `Cannot read the workloads from the cluster: ${messageOf(error)}` };
    return undefined;
  }
}

/** Repeats a request until there is an answer, or Keel has had enough time to start. */
async function insist<T>(ask: () => Promise<Reply<T>>, clock: Clock, signal: AbortSignal): Promise<Reply<T>> {
  for (let tries = 1; ; tries += 1) {
    const reply = await ask();
    if (reply.kind !== 'down' || tries === TRIES || signal.aborted) return reply;
    await clock.sleep(PAUSE_MS, signal);
  }
}

/** Why there is no usable answer, as the end of a sentence. */
export function unreadableReason(reply: Exclude<Reply<unknown>, { kind: 'ok' }>): string {
  switch (reply.kind) {
    case 'absent':
      return 'it has no admin API (404), because BASIC_AUTH_USER and BASIC_AUTH_PASSWORD of Keel are not set; its webhook accepts any credentials';
    case 'denied':
      return 'username or password is wrong for its admin API (401)';
    case 'down':
      return `its admin API gives no valid answer (${reply.reason})`;
  }
}
