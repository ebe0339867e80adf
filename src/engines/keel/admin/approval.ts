/** A record of Keel's approvals, with the fields that this program reads. Times are RFC 3339. */
export interface Approval {
  readonly id: string;
  readonly archived: boolean;
  /** `KIND/NAMESPACE/NAME:TAG`. It has no image and no digest, so another record may have the same one. */
  readonly identifier: string;
  readonly repository: { readonly name: string; readonly tag: string; readonly digest: string };
  /** When the webhook arrived for which Keel made the record. */
  readonly eventAt: string;
  readonly votesRequired: number;
  readonly votesReceived: number;
  readonly voters: readonly string[];
  readonly rejected: boolean;
  readonly deadline: string;
}

/** An entry about approvals in Keel's audit log. */
export interface AuditEntry {
  readonly action: string;
  readonly identifier: string;
  readonly approvalId: string;
  readonly createdAt: string;
}

/** The webhook that this step sent, with the fields that identify its records. */
export interface Sent {
  /** The image's repository, with the prefix `host/` if the body has a host. */
  readonly repository: string;
  /** `name` of the body, which Keel copies into the record. */
  readonly name: string;
  readonly tag: string;
  /** The id of the webhook; empty if the body has none. */
  readonly digest: string;
  /** When the step sent it, by the clock of this machine; milliseconds since the epoch. */
  readonly at: number;
}

/**
 * The state of an approval. `none`: there is no record yet; `pending`; `approved`: it has enough votes,
 * whether Keel wrote the image or not; `rejected`; `archived`: without enough votes; `expired` and `deleted`:
 * removed, and the audit log has an entry; `lost`: removed, and the log has no entry.
 */
export type ApprovalState =
  | 'none'
  | 'pending'
  | 'approved'
  | 'rejected'
  | 'archived'
  | 'expired'
  | 'deleted'
  | 'lost';

/** The largest difference that is allowed between the clocks of two machines. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Finds the record of this step's webhook: not archived, for the workload, with name, tag and digest as sent,
 * and not older than the webhook.
 */
export function ownRecord(all: readonly Approval[], workload: string, sent: Sent): Approval | undefined {
  return all.find(
    (each) =>
      !each.archived &&
      each.identifier === `${workload}:${sent.tag}` &&
      each.repository.name === sent.name &&
      each.repository.tag === sent.tag &&
      each.repository.digest === sent.digest &&
      // a digest is conclusive; without one only a record since the webhook counts
      (sent.digest !== '' || Date.parse(each.eventAt) >= sent.at - CLOCK_SKEW_MS),
  );
}

/**
 * Finds the record that blocks a webhook. Until it is archived, Keel makes no second record for the workload
 * and tag.
 */
export function blockingRecord(
  all: readonly Approval[],
  workload: string,
  tag: string,
): Approval | undefined {
  return all.find((each) => !each.archived && each.identifier === `${workload}:${tag}`);
}

/**
 * The state of this step's record.
 *
 * @param before the record when it was last seen; undefined if it was never seen
 * @param now the record in the list, found by its id; undefined if the list does not have it
 * @param audit the entries on approvals; undefined if they cannot be read, and then a record that is gone
 * keeps its state
 */
export function approvalState(
  before: Approval | undefined,
  now: Approval | undefined,
  audit: readonly AuditEntry[] | undefined,
): ApprovalState {
  if (now !== undefined) return stateOf(now);
  if (before === undefined) return 'none';
  const last = stateOf(before);
  // Keel removes every record after its deadline, also a decided one; the decision stays valid
  if (last === 'approved' || last === 'rejected') return last;
  if (audit === undefined) return last;
  const actions = audit.filter(({ approvalId }) => approvalId === before.id).map(({ action }) => action);
  // the log has one entry for each vote, and `archived` after the last: it was decided between two polls
  if (actions.includes('archived') && votesIn(actions) >= before.votesRequired) return 'approved';
  if (actions.includes('rejected')) return 'rejected';
  if (actions.includes('archived')) return 'archived';
  if (actions.includes('expired')) return 'expired';
  if (actions.includes('deleted')) return 'deleted';
  return 'lost';
}

function votesIn(actions: readonly string[]): number {
  return actions.filter((action) => action === 'approved').length;
}

function stateOf({ rejected, archived, votesReceived, votesRequired }: Approval): ApprovalState {
  if (rejected) return 'rejected';
  if (votesReceived >= votesRequired) return 'approved';
  return archived ? 'archived' : 'pending';
}

/** The votes, the voters and the deadline: `1 of 2 votes (ann), until 2026-11-25 23:02 UTC`. */
export function describeVotes(approval: Approval, now: number): string {
  const { votesReceived, votesRequired, voters, deadline } = approval;
  const who = voters.length === 0 ? '' : ` (${voters.map((voter) => voter || 'unnamed').join(', ')})`;
  const end = Date.parse(deadline);
  const until = Number.isNaN(end)
    ? ''
    : `, ${end < now ? 'its deadline passed at' : 'until'} ${new Date(end).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `${votesReceived} of ${votesRequired} votes${who}${until}`;
}
