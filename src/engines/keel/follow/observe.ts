import { messageOf } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Trouble } from '../../../workload/trouble.ts';
import { newTroubleEvents } from '../../shared/troubles.ts';
import type { Admin } from '../admin/client.ts';
import type { ClusterView } from '../forecast/cluster-view.ts';
import { unreadableReason } from '../forecast/survey.ts';
import type { KeelWorkload } from '../forecast/workload.ts';
import type { Observation, Track } from './track.ts';

/** The parts of one Keel that a snapshot needs. */
export interface Watched {
  readonly admin: Admin | undefined;
  readonly cluster: ClusterView | undefined;
  readonly tracks: readonly Track[];
}

export interface Snapshot {
  readonly seen: Observation;
  /** Why something could not be read; undefined if everything was. */
  readonly blind: string | undefined;
  readonly troubles: readonly { readonly namespace: string; readonly trouble: Trouble }[];
}

/**
 * Polls one Keel: the approvals first, then the workloads, so that a workload shows the image if its approval
 * is already archived.
 */
export async function takeSnapshot(
  { admin, cluster, tracks }: Watched,
  withTroubles: boolean,
): Promise<Snapshot> {
  const blind: string[] = [];
  const approvals = await admin?.approvals();
  if (approvals !== undefined && approvals.kind !== 'ok') blind.push(unreadableReason(approvals));
  const records = approvals?.kind === 'ok' ? approvals.value : undefined;
  const isMissing = tracks.some(
    ({ record }) => record !== undefined && records?.every(({ id }) => id !== record.id),
  );
  const audit = isMissing ? await admin?.audit() : undefined;
  const workloads = new Map<string, KeelWorkload | 'gone'>();
  const fatal = new Map<string, string>();
  const troubles: { namespace: string; trouble: Trouble }[] = [];
  const listed = tracks.some(({ forecast }) => forecast.workload.source === 'keel')
    ? await admin?.resources()
    : undefined;
  if (listed !== undefined && listed.kind !== 'ok') blind.push(unreadableReason(listed));
  const inList = new Map((listed?.kind === 'ok' ? listed.value : []).map((each) => [each.identifier, each]));
  await Promise.all(
    tracks.map(async (track) => {
      const { workload } = track.forecast;
      const { identifier } = workload;
      if (workload.source === 'keel') {
        const found = inList.get(identifier);
        if (found !== undefined) workloads.set(identifier, found);
        return;
      }
      try {
        const found = (await cluster?.read(workload)) ?? 'gone';
        workloads.set(identifier, found);
        if (!withTroubles && track.fatal !== undefined) fatal.set(identifier, track.fatal.message);
        if (!withTroubles || found === 'gone') return;
        if (track.writtenAt === undefined || found.rollout.state !== 'waiting') return;
        const all = await troublesOrNone(cluster, found);
        troubles.push(...all.map((trouble) => ({ namespace: workload.namespace, trouble })));
        // a pull alternates between "failed" and "backing off", so a fatal trouble stays fatal while any
        // trouble remains
        const worst = all.find(({ weight }) => weight === 'fatal' || track.fatal !== undefined);
        if (worst !== undefined) fatal.set(identifier, `${worst.reason} in ${worst.pod}: ${worst.message}`);
      } catch (error) {
        blind.push(messageOf(error));
      }
    }),
  );
  return {
    seen: { workloads, approvals: records, audit: audit?.kind === 'ok' ? audit.value : undefined, fatal },
    blind: blind[0],
    troubles,
  };
}

/** Reports each trouble once. Their namespaces may differ. */
export async function* troubleEvents(
  { troubles }: Snapshot,
  view: ClusterView | undefined,
  alreadyReported: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, void> {
  for (const { namespace, trouble } of troubles) {
    if (view) yield* newTroubleEvents([trouble], alreadyReported, view.cluster(namespace), signal);
  }
}

/**
 * The troubles of the pods. They only explain a rollout, so an error here, such as a missing right, is
 * ignored.
 */
async function troublesOrNone(cluster: ClusterView | undefined, workload: KeelWorkload): Promise<Trouble[]> {
  try {
    return (await cluster?.troubles(workload)) ?? [];
  } catch {
    return [];
  }
}
