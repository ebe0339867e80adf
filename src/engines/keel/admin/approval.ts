/** A record of Keel's approvals, as far as it is read here. Times are RFC 3339. */
export interface Approval {
  readonly id: string;
  readonly archived: boolean;
  /** `KIND/NAMESPACE/NAME:TAG`: no image and no digest in it, and it comes again. */
  readonly identifier: string;
  readonly repository: { readonly name: string; readonly tag: string; readonly digest: string };
  /** When the webhook came that it was made for. */
  readonly eventAt: string;
  readonly votesRequired: number;
  readonly votesReceived: number;
  readonly voters: readonly string[];
  readonly rejected: boolean;
  readonly deadline: string;
}

/** An entry of Keel's audit log that is about approvals. */
export interface AuditEntry {
  readonly action: string;
  readonly identifier: string;
  readonly approvalId: string;
  readonly createdAt: string;
}

/** The webhook that was sent: what its own records are known by. */
export interface Sent {
  /** The image's repository, with `host` before it where the body has that. */
  readonly repository: string;
  /** `name` as it stands in the body, and comes back in the record. */
  readonly name: string;
  readonly tag: string;
  /** The mark; empty where the body has none. */
  readonly digest: string;
  /** When, by the clock of this machine; milliseconds since the epoch. */
  readonly at: number;
}

/**
 * What became of an approval:
 * `none`: there is no record yet; `pending`; `approved`: enough votes, whether it has been carried out or not; `rejected`;
 * `archived`: put away without enough votes; `expired` and `deleted`: gone, as the audit log says; `lost`: gone, and the log knows nothing.
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

/** A clock of another machine may be off by so much. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** One's own record among all: not archived, of the workload, with name, tag and digest as sent, and not older than the webhook. */
export function ownRecord(all: readonly Approval[], workload: string, sent: Sent): Approval | undefined {
  return all.find(
    (each) =>
      !each.archived &&
      each.identifier === `${workload}:${sent.tag}` &&
      each.repository.name === sent.name &&
      each.repository.tag === sent.tag &&
      each.repository.digest === sent.digest &&
      // the mark is enough where there is one; without it only what came since counts
      (sent.digest !== '' || Date.parse(each.eventAt) >= sent.at - CLOCK_SKEW_MS),
  );
}

/** The record that stands in the way of a webhook: Keel takes no second one for the workload and tag while it is not archived. */
export function blockingRecord(
  all: readonly Approval[],
  workload: string,
  tag: string,
): Approval | undefined {
  return all.find((each) => !each.archived && each.identifier === `${workload}:${tag}`);
}

/**
 * What became of one's own record.
 *
 * @param before as it was seen last; undefined before it was seen at all
 * @param now as it is listed, found by its id; undefined where it is not
 * @param audit the entries on approvals; undefined where they could not be read, and then a record that is gone stays as it was
 */
export function approvalState(
  before: Approval | undefined,
  now: Approval | undefined,
  audit: readonly AuditEntry[] | undefined,
): ApprovalState {
  if (now !== undefined) return stateOf(now);
  if (before === undefined) return 'none';
  const last = stateOf(before);
  // rows of all kinds go when their time is over, those that were carried out too; what was decided before that stands
  if (last === 'approved' || last === 'rejected') return last;
  if (audit === undefined) return last;
  const actions = audit.filter(({ approvalId }) => approvalId === before.id).map(({ action }) => action);
  // one entry a vote, and the row archived after the last: it was decided between two looks
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

/** Who has voted and how much is missing: `1 of 2 votes (ann), until 2026-11-25 23:02 UTC`. */
export function describeVotes(approval: Approval, now: number): string {
  const { votesReceived, votesRequired, voters, deadline } = approval;
  const who = voters.length === 0 ? '' : ` (${voters.map((voter) => voter || 'nobody by name').join(', ')})`;
  const end = Date.parse(deadline);
  const until = Number.isNaN(end)
    ? ''
    : `, ${end < now ? 'its deadline passed at' : 'until'} ${new Date(end).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `${votesReceived} of ${votesRequired} votes${who}${until}`;
}
