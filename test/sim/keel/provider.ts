import type { Clock } from '../../../src/clock.ts';
import type { Any } from '../store.ts';
import { imageOf, written } from './image.ts';
import type { Kube } from './kube.ts';
import { policyOf } from './policy.ts';
import {
  addApproval,
  addAudit,
  archive,
  findOpen,
  iso,
  type KeelEvent,
  type Records,
  statusOf,
} from './records.ts';
import { listWorkloads, putWorkload, templateOf, updateTimeHolder, type Workload } from './workloads.ts';

/** What was made of an event. */
export interface Outcome {
  identifier: string;
  tag: string;
  /** `waits` for votes; `lost`: the API server refused the write, and nobody tries again. */
  result: 'updated' | 'lost' | 'waits';
}

export interface Notification {
  name: string;
  message: string;
  createdAt: string;
  type: string;
  level: string;
  resourceKind: string;
  identifier: string;
  metadata: Record<string, string>;
}

export interface ProviderParts {
  kube: Kube;
  clock: Clock;
  records: Records;
  namespace: string | undefined;
  /** How long Keel's own writes are not in its cache yet. */
  cacheLagMs: number;
  /** Waits until the client may ask again. */
  permit(): Promise<void>;
  /** Whether the next write comes too late: another writer was first. */
  isLate(): boolean;
  notify(notification: Notification): void;
}

interface Plan {
  /** With the new image in it. */
  workload: Workload;
  before: Any;
  currentVersion: string;
  newVersion: string;
}

export interface Provider {
  /** Carries an event out on every workload that has its image; never throws. */
  process(event: KeelEvent): Promise<Outcome[]>;
  workloads(): Promise<Workload[]>;
}

const DEFAULT_DEADLINE_HOURS = 24;

export function createProvider(parts: ProviderParts): Provider {
  const { kube, clock, records } = parts;
  /** Objects as they were before Keel's last write of them, by uid. */
  const stale = new Map<string, { object: Any; until: number }>();

  async function cached(): Promise<Workload[]> {
    const found = await listWorkloads(kube, parts.namespace);
    return found.map((each) => {
      const old = stale.get(each.object.metadata.uid);
      if (!old || old.until <= clock.monotonic()) return each;
      return { ...each, object: old.object };
    });
  }

  async function update({ workload, before, currentVersion, newVersion }: Plan): Promise<Outcome> {
    const { kind, identifier, object } = workload;
    const { name, namespace, uid } = object.metadata;
    const outcome = { identifier, tag: newVersion };
    const about = `${kind} ${namespace}/${name}`;
    const versions = `${currentVersion}->${newVersion}`;
    const images = [...new Set(templateOf(workload).spec.containers.map(({ image }: Any) => image))].join(
      ', ',
    );
    const tell = (title: string, type: string, level: string, message: string) =>
      parts.notify({
        name: title,
        message,
        createdAt: iso(clock.now()),
        type,
        level,
        resourceKind: kind,
        identifier,
        metadata: { name, namespace, provider: 'kubernetes' },
      });
    const finish = (level: string, message: string) => {
      tell('update resource', 'deployment update', level, message);
      addAudit(records, clock.now(), {
        accountId: 'system',
        username: 'system',
        action: 'deployment update',
        resourceKind: kind,
        identifier,
        message,
        metadata: { name, namespace, provider: 'kubernetes' },
      });
    };
    tell(
      'preparing to update resource',
      'preparing deployment update',
      'debug',
      `Preparing to update ${about} ${versions} (${images})`,
    );
    const at = iso(clock.now()).replace(/\.\d+Z$/, 'Z');
    annotate(object, {
      'kubernetes.io/change-cause': `keel automated update, version ${currentVersion} -> ${newVersion} [${at}]`,
    });
    await parts.permit();
    if (parts.isLate()) object.metadata.resourceVersion = '1';
    const { status, body } = await putWorkload(kube, workload);
    if (status !== 200) {
      finish('error', `${about} update ${versions} failed, error: ${body?.message ?? status}`);
      return { ...outcome, result: 'lost' };
    }
    stale.set(uid, { object: before, until: clock.monotonic() + parts.cacheLagMs });
    const approval = findOpen(records, `${identifier}:${newVersion}`);
    if (approval) archive(records, approval, clock.now());
    finish('success', `Successfully updated ${about} ${versions} (${images})`);
    return { ...outcome, result: 'updated' };
  }

  return {
    workloads: cached,
    async process(event) {
      const outcomes: Outcome[] = [];
      for (const found of await cached()) {
        const plan = planOf(found, event, clock.now());
        if (!plan) continue;
        const answer = isApproved(records, plan, event, clock.now());
        const { identifier } = found;
        if (answer === 'waits') outcomes.push({ identifier, tag: plan.newVersion, result: 'waits' });
        if (answer === 'yes') outcomes.push(await update(plan));
      }
      return outcomes;
    },
  };
}

/** Judges each container alone, and writes the new image into a workload that takes it. */
function planOf(found: Workload, { repository }: KeelEvent, now: number): Plan | undefined {
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
function isApproved(
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
