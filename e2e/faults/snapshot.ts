import { paths } from '../app.ts';
import type { KubeObject, World } from '../world.ts';

/** What of a namespace must be equal where two stories end in the same state: by `Kind/name`, without what the cluster keeps by itself. */
export type Snapshot = Readonly<Record<string, unknown>>;

/** Annotations that controllers write. */
const OF_CONTROLLERS = ['deployment.kubernetes.io/revision'];
/** What a Lease tells of promotions that are over, and of the run that a guard watched last. */
const PAST = ['drone-promote/history', 'drone-promote/guard'];

/**
 * Deployments, StatefulSets, CronJobs, Services, Ingresses, autoscalers, Jobs, policies and budgets with their specs, labels and annotations; and of each Lease what is open: a
 * record, a request, and a holder that is alive.
 */
export async function snapshotOf(world: World): Promise<Snapshot> {
  const { namespace, api } = world;
  const at = paths(namespace);
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const kinds = {
    Deployment: at.deployments,
    StatefulSet: at.statefulSets,
    DaemonSet: at.daemonSets,
    CronJob: `/apis/batch/v1/namespaces/${namespace}/cronjobs`,
    Service: at.services,
    Ingress: at.ingresses,
    HorizontalPodAutoscaler: at.autoscalers,
    Job: jobs,
    NetworkPolicy: at.policies,
    PodDisruptionBudget: at.budgets,
  };
  const lists = await Promise.all(
    Object.entries(kinds).map(async ([kind, path]) =>
      (await api.list(path))
        .filter((each) => !isKeptForItsLog(each))
        .map((object) => [`${kind}/${object.metadata.name}`, whatIsMeant(object)]),
    ),
  );
  const open = (await api.list(at.leases)).flatMap((lease) => {
    const left = whatIsOpen(lease, world.now());
    return Object.keys(left).length === 0 ? [] : [[`Lease/${lease.metadata.name}`, left]];
  });
  return Object.fromEntries([...lists.flat(), ...open, ...(await rolledPods(world))]);
}

/** The images of the pods that a StatefulSet or a DaemonSet has: its controller replaces none that this program should have. */
async function rolledPods({ namespace, api }: World): Promise<[string, string[]][]> {
  const pods = (await api.list(paths(namespace).pods)).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ kind }: KubeObject) => kind === 'StatefulSet' || kind === 'DaemonSet'),
  );
  return pods.length === 0 ? [] : [['pods', pods.map(({ spec }) => spec.containers[0].image).sort()]];
}

/** A Job around a release that failed. */
function isKeptForItsLog({ metadata, status }: KubeObject): boolean {
  return (
    /^web-(before|after)-/.test(metadata.name) &&
    (status?.conditions ?? []).some(({ type }: KubeObject) => type === 'Failed')
  );
}

function whatIsMeant({ metadata, spec }: KubeObject): KubeObject {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(
    ([name]) => !OF_CONTROLLERS.includes(name),
  );
  return { labels: metadata.labels ?? {}, annotations: Object.fromEntries(annotations), spec };
}

function whatIsOpen({ metadata, spec }: KubeObject, now: number): KubeObject {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => !PAST.includes(name));
  return {
    ...Object.fromEntries(annotations),
    ...(isHeld(spec, now) ? { holder: spec?.holderIdentity } : {}),
  };
}

/** A holder that has been silent for too long holds nothing any more. */
function isHeld(spec: KubeObject['spec'], now: number): boolean {
  if (!spec?.holderIdentity) return false;
  return now - Date.parse(spec.renewTime ?? '') < spec.leaseDurationSeconds * 1000;
}
