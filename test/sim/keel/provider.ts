import type { Clock } from '../../../src/clock.ts';
import type { Any } from '../api-server/store.ts';
import type { Kube } from './kube.ts';
import { annotate, isApproved, type Plan, planOf } from './plan.ts';
import { addAudit, archive, findOpen, iso, type KeelEvent, type Records } from './records.ts';
import { listWorkloads, putWorkload, templateOf, type Workload } from './workloads.ts';

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

export interface Provider {
  /** Carries an event out on every workload that has its image; never throws. */
  process(event: KeelEvent): Promise<Outcome[]>;
  workloads(): Promise<Workload[]>;
}

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
