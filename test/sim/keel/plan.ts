import type { Any } from '../api-server/store.ts';
import { imageOf, written } from './image.ts';
import { policyOf } from './policy.ts';
import { addApproval, findOpen, iso, type KeelEvent, type Records, statusOf } from './records.ts';
import { templateOf, updateTimeHolder, type Workload } from './workloads.ts';

/** An update that a policy takes. */
export interface Plan {
  /** With the new image in it. */
  workload: Workload;
  before: Any;
  currentVersion: string;
  newVersion: string;
}

const DEFAULT_DEADLINE_HOURS = 24;

/** Judges each container alone, and writes the new image into a workload that takes it. */
export function planOf(found: Workload, { repository }: KeelEvent, now: number): Plan | undefined {
  const { labels = {}, annotations = {} } = found.object.metadata;
  const policy = policyOf(labels, annotations);
  const offered = imageOf(
    `${repository.host === '' ? '' : `${repository.host}/`}${repository.name}:${repository.tag}`,
  );
  if (!policy || !offered) return undefined;
  const workload = { ...found, object: structuredClone(found.object) };
  const only = annotations['keel.sh/monitorContainers'] ?? labels['keel.sh/monitorContainers'];
  const { containers, initContainers = [] } = templateOf(workload).spec;
  // as a label it is not seen (measured)
  const candidates = [
    ...(annotations['keel.sh/initContainers'] === 'true' ? initContainers : []),
    ...containers,
  ].filter(({ name }: Any) => only === undefined || new RegExp(only).test(name));
  let currentVersion: string | undefined;
  for (const container of candidates) {
    const running = imageOf(container.image);
    if (running?.registry !== offered.registry || running.shortName !== offered.shortName) continue;
    if (!policy(running.tag, offered.tag)) continue;
    container.image = written(running, offered.tag);
    currentVersion = running.tag;
  }
  if (currentVersion === undefined) return undefined;
  const holder = updateTimeHolder(workload);
  holder.metadata ??= {};
  annotate(holder, { 'keel.sh/update-time': goTime(now) });
  return { workload, before: found.object, currentVersion, newVersion: offered.tag };
}

/** Here labels go before annotations; makes the record where there is none. */
export function isApproved(
  records: Records,
  { workload, currentVersion, newVersion }: Plan,
  event: KeelEvent,
  now: number,
): 'yes' | 'waits' | 'no' {
  const { name, namespace, labels = {}, annotations = {} } = workload.object.metadata;
  const read = (key: string) => labels[`keel.sh/${key}`] ?? annotations[`keel.sh/${key}`];
  const votesRequired = Number(read('approvals') ?? 0);
  if (!Number.isInteger(votesRequired)) return 'no';
  if (votesRequired === 0) return 'yes';
  const identifier = `${workload.identifier}:${newVersion}`;
  const known = findOpen(records, identifier);
  if (known) return statusOf(known) === 'approved' ? 'yes' : 'no';
  const hours = /^-?\d+$/.test(read('approvalDeadline') ?? '') ? Number(read('approvalDeadline')) : 0;
  addApproval(records, {
    archived: false,
    provider: 'kubernetes',
    identifier,
    event,
    message: `New image is available for resource ${namespace}/${name} (${currentVersion} -> ${newVersion}).`,
    currentVersion,
    newVersion,
    digest: '',
    votesRequired,
    votesReceived: 0,
    voters: null,
    rejected: false,
    deadline: iso(now + (hours === 0 ? DEFAULT_DEADLINE_HOURS : hours) * 3_600_000),
    createdAt: iso(now),
    updatedAt: iso(now),
  });
  return 'waits';
}

/** Undefined takes an annotation away. */
export function annotate({ metadata }: { metadata: Any }, added: Record<string, string | undefined>): void {
  metadata.annotations = { ...metadata.annotations, ...added };
}

/** As Go prints a time: `2026-11-23 22:42:23.049 +0000 UTC m=+0.824`. */
function goTime(ms: number): string {
  const [day, time] = iso(ms).replace('Z', '').split('T');
  return `${day} ${time} +0000 UTC m=+${(ms % 1e6) / 1000}`;
}
