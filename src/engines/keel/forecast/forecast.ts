import { parseReference, sameRepository } from '../../../image/release/reference.ts';
import { type Approval, blockingRecord, describeVotes } from '../admin/approval.ts';
import { isRepeatable, wouldWrite, writesSidecars } from './policy.ts';
import {
  type ContainerImage,
  changeCauseOf,
  type KeelWorkload,
  monitored,
  policyOf,
  sameImage,
  tagOf,
  votesOf,
} from './workload.ts';

/** The image that the webhook names. */
export interface Named {
  readonly name: string;
  readonly tag: string;
}

/** What the webhook will do to one workload. */
export interface Forecast {
  readonly workload: KeelWorkload;
  /**
   * `yes`; `no`; `maybe`: versions of Keel differ, or the result is unknown; `already`: it runs the image;
   * `open`: an approval that an earlier run requested still waits for votes, and decides.
   */
  readonly takes: 'yes' | 'no' | 'maybe' | 'already' | 'open';
  /** What Keel will write, or why not, for the log. */
  readonly message: string;
  /** The containers that will get the image. */
  readonly containers: readonly ContainerImage[];
  /** The votes that Keel requires before it writes. */
  readonly votes: number;
  /** A second webhook does nothing. */
  readonly repeatable: boolean;
  /** The change-cause of Keel's last update before this webhook. */
  readonly causeBefore: string | undefined;
  readonly openApproval: Approval | undefined;
}

export interface Circumstances {
  readonly approvals: readonly Approval[];
  /** The version of Keel, if it is known. */
  readonly keel: string | undefined;
  readonly now: number;
  /** Whether a run of this program requested the approval. */
  readonly isOurs: (approval: Approval) => boolean;
}

/** What the webhook will do to each workload that has its repository. The result omits the others. */
export function forecast(
  named: Named,
  workloads: readonly KeelWorkload[],
  circumstances: Circumstances,
): Forecast[] {
  return workloads.flatMap((workload) => {
    const all = monitored(workload).filter(({ image }) =>
      sameRepository(repositoryOf(image), bare(named.name)),
    );
    return all.length === 0 ? [] : [forecastOf(named, workload, all, circumstances)];
  });
}

/** Workloads with an image of a similar name: the same last part, but another registry or path. */
export function nearMisses({ name }: Named, workloads: readonly KeelWorkload[]): string[] {
  const last = (text: string) => text.split('/').at(-1)?.toLowerCase() ?? '';
  const near = workloads.flatMap((workload) =>
    workload.containers
      .filter(({ image }) => last(repositoryOf(image)) === last(bare(name)))
      .map(({ image, init, name: container }) => {
        const isSame = sameRepository(repositoryOf(image), bare(name));
        const excludedBy = isSame
          ? init
            ? ' in an init container, without the annotation keel.sh/initContainers: "true"'
            : ` in container ${container ?? '?'}, which keel.sh/monitorContainers excludes`
          : '';
        return `${workload.identifier} runs ${image}${excludedBy}`;
      }),
  );
  return [...new Set(near)];
}

function forecastOf(
  named: Named,
  workload: KeelWorkload,
  all: readonly ContainerImage[],
  { approvals, keel, now, isOurs }: Circumstances,
): Forecast {
  const policy = policyOf(workload);
  const wanted = `${bare(named.name)}:${named.tag}`;
  const judgements = all.map((container) => ({
    container,
    ...wouldWrite(policy, tagOf(container.image), named.tag, keel),
  }));
  const written = judgements.filter(({ writes }) => writes !== 'no');
  const votes = votesOf(workload);
  const sidecars = sidecarsOf(workload);
  const whole = writesSidecars(sidecars, keel);
  const blocking = blockingRecord(approvals, workload.identifier, named.tag);
  const common = {
    workload,
    votes: votes ?? 0,
    // an update that the API server refuses is not lost, and a second one would be refused, too
    repeatable: sidecars.length === 0 && isRepeatable(policy, named.tag, keel),
    causeBefore: changeCauseOf(workload),
    openApproval: undefined,
    containers: written.map(({ container }) => container),
  };
  const no = (message: string): Forecast => ({ ...common, takes: 'no', message, containers: [] });
  if (written.length === 0) {
    const isThere = all.every(({ image }) => sameImage(image, wanted));
    // without a policy Keel ignores the workload, whatever it runs
    return isThere && policy.text !== '' && policy.text !== 'never'
      ? { ...common, takes: 'already', message: `already runs ${named.tag}`, containers: all }
      : no(judgements[0]?.reason ?? '');
  }
  if (whole.writes === 'no') return no(whole.reason);
  if (votes === undefined) return no('its keel.sh/approvals is not a number, so Keel does nothing');
  if (blocking !== undefined) {
    return votes > 0 && isOurs(blocking) && blocking.repository.tag === named.tag && !blocking.rejected
      ? {
          ...common,
          takes: 'open',
          message: `an approval that an earlier run requested is still open: ${describeVotes(blocking, now)}`,
          openApproval: blocking,
        }
      : no(swallowedBy(blocking, named, now));
  }
  const changes = written.map(
    ({ container }) =>
      `${tagOf(container.image) ?? container.image}${container.name === undefined ? '' : ` in ${container.name}`}`,
  );
  const after = votes > 0 ? `, after ${votes} ${votes === 1 ? 'vote' : 'votes'}` : '';
  const doubt = [...written, whole].find(({ writes }) => writes === 'unknown')?.reason;
  const skipped = judgements
    .filter(({ writes }) => writes === 'no')
    .map(({ container, reason }) => `; not ${container.name ?? container.image}: ${reason}`);
  const message = `${[...new Set(changes)].join(', ')} → ${named.tag} (${policy.text})${after}${skipped.join('')}`;
  return {
    ...common,
    takes: doubt === undefined ? 'yes' : 'maybe',
    message: doubt === undefined ? message : `${message}; ${doubt}`,
  };
}

/** The names of its native sidecars; empty in Keel's own list, which has only images. */
export function sidecarsOf({ containers }: KeelWorkload): string[] {
  return containers.flatMap(({ name, sidecar }) => (sidecar && name !== undefined ? [name] : []));
}

function swallowedBy(approval: Approval, named: Named, now: number): string {
  const { id, identifier, rejected, repository } = approval;
  if (rejected)
    return `${identifier} was rejected, and stays blocked until that approval (${id}) is archived or deleted`;
  const other = bare(repository.name) === bare(named.name) ? '' : ` of ${repository.name}`;
  return `an approval${other} for ${identifier} is already open and would absorb the webhook: ${describeVotes(approval, now)} (${id})`;
}

/** The name without its scheme. Keel accepts a name with one (measured). */
export function bare(name: string): string {
  return name.replace(/^https?:\/\//, '');
}

/** An image without tag and digest; unchanged if it is not a valid reference. */
function repositoryOf(image: string): string {
  try {
    const { registry, path } = parseReference(image);
    return `${registry}/${path}`;
  } catch {
    return image;
  }
}
