import { randomUUID } from 'node:crypto';

/** What a webhook announces. */
export interface Announced {
  host: string;
  name: string;
  tag: string;
  digest: string;
}

export interface KeelEvent {
  repository: Announced;
  createdAt: string;
  triggerName: string;
}

/** A record of `/v1/approvals`, field for field. There is no status in it. */
export interface Approval {
  id: string;
  archived: boolean;
  provider: 'kubernetes';
  identifier: string;
  event: KeelEvent;
  message: string;
  currentVersion: string;
  newVersion: string;
  digest: '';
  votesRequired: number;
  votesReceived: number;
  voters: Record<string, string> | null;
  rejected: boolean;
  deadline: string;
  createdAt: string;
  updatedAt: string;
}

export interface AuditEntry {
  id: string;
  createdAt: string;
  updatedAt: string;
  accountId: string;
  username: string;
  email: '';
  action: string;
  resourceKind: string;
  identifier: string;
  message: string;
  payload: '';
  payloadType: '';
  metadata: Record<string, string>;
}

/** Keel's database: survives a restart. */
export interface Records {
  approvals: Approval[];
  audit: AuditEntry[];
}

export type Status = 'pending' | 'approved' | 'rejected';

export const SWEEP_EVERY_MS = 3_600_000;

export function statusOf({ rejected, votesReceived, votesRequired }: Approval): Status {
  if (rejected) return 'rejected';
  return votesReceived >= votesRequired ? 'approved' : 'pending';
}

/** The record that votes and webhooks meet; archived ones are past. */
export function findOpen({ approvals }: Records, identifier: string): Approval | undefined {
  return approvals.find((each) => !each.archived && each.identifier === identifier);
}

/** Last changed first. */
export function listed({ approvals }: Records): Approval[] {
  return [...approvals].sort((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt));
}

export function addApproval(records: Records, given: Omit<Approval, 'id'>): void {
  records.approvals.unshift({ id: randomUUID(), ...given });
}

export function change(records: Records, approval: Approval, now: number): void {
  approval.updatedAt = iso(now);
  // of two that changed in the same millisecond the later is first
  records.approvals.splice(records.approvals.indexOf(approval), 1);
  records.approvals.unshift(approval);
}

/** Counts a vote; a name counts once. True where this vote was the one that was missing. */
export function vote(records: Records, approval: Approval, voter: string, now: number): boolean {
  if (approval.voters && Object.hasOwn(approval.voters, voter)) return false;
  const before = statusOf(approval);
  approval.voters = { ...approval.voters, [voter]: iso(now) };
  approval.votesReceived += 1;
  change(records, approval, now);
  note(records, approval, 'approved', now, voter);
  return before === 'pending' && statusOf(approval) === 'approved';
}

export function reject(records: Records, approval: Approval, now: number): void {
  approval.rejected = true;
  change(records, approval, now);
  note(records, approval, 'rejected', now);
}

export function archive(records: Records, approval: Approval, now: number): void {
  approval.archived = true;
  change(records, approval, now);
  note(records, approval, 'archived', now);
}

export function remove(records: Records, approval: Approval, now: number): void {
  records.approvals.splice(records.approvals.indexOf(approval), 1);
  note(records, approval, 'deleted', now);
}

/** Takes away what is past its deadline, archived records too, as Keel does at its start and every hour. */
export function sweep(records: Records, now: number): void {
  for (const approval of [...records.approvals]) {
    if (Date.parse(approval.deadline) > now) continue;
    remove(records, approval, now);
    note(records, approval, 'expired', now);
  }
}

/** `votes_required` is a copy of the votes received (measured). */
function note(records: Records, approval: Approval, action: string, now: number, who = ''): void {
  addAudit(records, now, {
    accountId: who,
    username: who,
    action,
    resourceKind: 'approval',
    identifier: approval.identifier,
    message: '',
    metadata: {
      approval_id: approval.id,
      current_version: approval.currentVersion,
      new_version: approval.newVersion,
      provider: approval.provider,
      votes_received: String(approval.votesReceived),
      votes_required: String(approval.votesReceived),
    },
  });
}

export function addAudit(
  records: Records,
  now: number,
  entry: Pick<
    AuditEntry,
    'accountId' | 'username' | 'action' | 'resourceKind' | 'identifier' | 'message' | 'metadata'
  >,
): void {
  const at = iso(now);
  const empty = { email: '', payload: '', payloadType: '' } as const;
  records.audit.unshift({ id: randomUUID(), createdAt: at, updatedAt: at, ...empty, ...entry });
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
