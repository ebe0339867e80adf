import { PromoteError } from '../../../errors.ts';
import type { Outcome } from '../../../outcome.ts';
import { bare } from '../forecast/forecast.ts';
import { unreadableReason } from '../forecast/survey.ts';
import type { NamedImage } from '../webhook/body.ts';
import type { Approval } from './approval.ts';
import type { Admin } from './client.ts';

/** The digests that this program marks its webhooks with begin so. */
const MARK = 'drone-promote-';

/** A mark for one webhook: the build's number, and a part that is of this run alone. */
export function markOf(build: string, random: string): string {
  return `${MARK}${build || '0'}-${random}`;
}

/** Whether a run of this program asked for the record. */
export function isOurs({ repository }: Approval): boolean {
  return repository.digest.startsWith(MARK);
}

/** Why a record is not withdrawn; `approved`: it got its last vote first, and Keel writes the image. */
export interface NotWithdrawn {
  why: string;
  approved: boolean;
}

/** Rejects a record and puts it away: rejected alone, it would block its tag for good. @returns why not, or nothing */
export async function withdraw(
  admin: Admin,
  record: Approval,
  voter: string,
): Promise<NotWithdrawn | undefined> {
  for (const action of ['reject', 'archive'] as const) {
    if (action === 'reject' && record.rejected) continue;
    const reply = await admin.act(record, action, voter);
    // gone, or put away already: why, is looked up below
    if (reply.kind !== 'ok' && reply.kind !== 'absent')
      return { why: unreadableReason(reply), approved: false };
  }
  const reply = await admin.approvals();
  if (reply.kind !== 'ok') return { why: unreadableReason(reply), approved: false };
  const now = reply.value.find(({ id }) => id === record.id);
  // Keel takes a rejection of what has its votes, and writes the image all the same
  if (now === undefined || now.votesReceived < now.votesRequired) return undefined;
  return { why: 'it got its last vote before that, and Keel writes the image', approved: true };
}

/**
 * `action: abort`: rejects and archives the open approvals that runs of this program asked for, of this image at these Keels.
 * @throws PromoteError `keel-admin` where a Keel cannot be asked
 */
export async function abortAtKeel(
  admins: readonly Admin[],
  named: NamedImage,
  voter: string,
): Promise<Outcome> {
  const withdrawn: string[] = [];
  const others: string[] = [];
  for (const admin of admins) {
    const reply = await admin.approvals();
    if (reply.kind !== 'ok')
      throw new PromoteError('keel-admin', `${admin.host}: ${unreadableReason(reply)}.`);
    const open = reply.value.filter(
      ({ archived, repository }) =>
        !archived && repository.tag === named.tag && bare(repository.name) === bare(named.name),
    );
    for (const record of open) {
      if (!isOurs(record)) {
        others.push(
          `${record.identifier} (${record.id}) at ${admin.host} was not asked for by drone-promote, and is left alone.`,
        );
        continue;
      }
      const fault = await withdraw(admin, record, voter);
      if (fault !== undefined)
        throw new PromoteError(
          'keel-admin',
          `${admin.host}: ${record.identifier} is not withdrawn: ${fault.why}.`,
        );
      withdrawn.push(record.identifier);
    }
  }
  const reason =
    withdrawn.length === 0
      ? `There is no open approval of ${named.repository}:${named.tag} that drone-promote asked for.`
      : `Rejected and archived: ${withdrawn.join(', ')}.`;
  return {
    kind: 'aborted',
    requested: true,
    reason,
    hints: others,
    image: `${named.repository}:${named.tag}`,
  };
}
