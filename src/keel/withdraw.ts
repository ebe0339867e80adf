import { PromoteError } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { Admin } from './admin.ts';
import type { Approval } from './approval.ts';
import type { NamedImage } from './body.ts';
import { bare } from './preflight.ts';
import { whyNot } from './survey.ts';

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

/** Rejects a record and puts it away: rejected alone, it would block its tag for good. @returns why not, or nothing */
export async function withdraw(admin: Admin, record: Approval, voter: string): Promise<string | undefined> {
  for (const action of ['reject', 'archive'] as const) {
    if (action === 'reject' && record.rejected) continue;
    const reply = await admin.act(record, action, voter);
    // gone already is as good
    if (reply.kind !== 'ok' && reply.kind !== 'absent') return whyNot(reply);
  }
  return undefined;
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
    if (reply.kind !== 'ok') throw new PromoteError('keel-admin', `${admin.host}: ${whyNot(reply)}.`);
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
          `${admin.host}: ${record.identifier} is not withdrawn: ${fault}.`,
        );
      withdrawn.push(record.identifier);
    }
  }
  const reason =
    withdrawn.length === 0
      ? `There is no open approval of ${named.repository}:${named.tag} that drone-promote asked for.`
      : `Rejected and archived: ${withdrawn.join(', ')}.`;
  return { word: 'aborted', asked: true, reason, hints: others, image: `${named.repository}:${named.tag}` };
}
