import { PromoteError } from '../../../errors.ts';
import type { Outcome } from '../../../outcome.ts';
import { bare } from '../forecast/forecast.ts';
import { unreadableReason } from '../forecast/survey.ts';
import type { NamedImage } from '../webhook/body.ts';
import type { Approval } from './approval.ts';
import type { Admin } from './client.ts';

/** The prefix of the webhook ids of this program, which it sends as the digest. */
const ID_PREFIX = 'drone-promote-';

/** An id for one webhook: the build's number, and a part that is unique to this run. */
export function webhookIdOf(build: string, random: string): string {
  return `${ID_PREFIX}${build || '0'}-${random}`;
}

/** Whether a run of this program requested the approval. */
export function isOurs({ repository }: Approval): boolean {
  return repository.digest.startsWith(ID_PREFIX);
}

/** Why a record is not withdrawn. `approved`: it got its last vote first, so Keel writes the image. */
export interface NotWithdrawn {
  reason: string;
  approved: boolean;
}

/**
 * Rejects and archives a record. A record that is only rejected would block its tag for good.
 *
 * @returns why the record is not withdrawn; undefined if it is
 */
export async function withdraw(
  admin: Admin,
  record: Approval,
  voter: string,
): Promise<NotWithdrawn | undefined> {
  for (const action of ['reject', 'archive'] as const) {
    if (action === 'reject' && record.rejected) continue;
    const reply = await admin.act(record, action, voter);
    // absent: it is gone or archived already; the list below shows whether it was approved
    if (reply.kind !== 'ok' && reply.kind !== 'absent')
      return { reason: unreadableReason(reply), approved: false };
  }
  const reply = await admin.approvals();
  if (reply.kind !== 'ok') return { reason: unreadableReason(reply), approved: false };
  const now = reply.value.find(({ id }) => id === record.id);
  // Keel accepts the rejection of an approved record, but still writes the image
  if (now === undefined || now.votesReceived < now.votesRequired) return undefined;
  return { reason: 'it got its last vote first, so Keel writes the image', approved: true };
}

/**
 * Runs `action: abort`: rejects and archives the open approvals of this image at these Keels that runs of
 * this program requested.
 *
 * @throws PromoteError `keel-admin` if an admin API gives no usable answer, or an approval is not withdrawn
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
          `drone-promote did not request ${record.identifier} (${record.id}) at ${admin.host}, and leaves it alone.`,
        );
        continue;
      }
      const fault = await withdraw(admin, record, voter);
      if (fault !== undefined)
        throw new PromoteError(
          'keel-admin',
          `${admin.host}: cannot withdraw ${record.identifier}: ${fault.reason}.`,
        );
      withdrawn.push(record.identifier);
    }
  }
  const reason =
    withdrawn.length === 0
      ? `There is no open approval of ${named.repository}:${named.tag} that drone-promote requested.`
      : `Rejected and archived: ${withdrawn.join(', ')}.`;
  return {
    kind: 'aborted',
    requested: true,
    reason,
    hints: others,
    image: `${named.repository}:${named.tag}`,
  };
}
