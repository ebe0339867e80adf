import { formatDuration } from '../duration.ts';
import { type Approval, describeVotes } from '../engines/keel/admin/approval.ts';
import { type Admin, adminOf } from '../engines/keel/admin/client.ts';
import { unreadableReason } from '../engines/keel/forecast/survey.ts';
import { endpointOf, NATIVE_PATH } from '../engines/keel/webhook/endpoint.ts';
import { authOf } from '../engines/keel/webhook/requests.ts';
import type { Settings } from '../settings/settings.ts';
import { quotedForShell } from '../shell-text.ts';
import { oneLine, type Row } from './lines.ts';

/** A Keel that is asked for its approvals. */
export interface Keel {
  admin: Pick<Admin, 'host' | 'approvals'>;
  /** The address of its own page, which shows the approvals, too. */
  page: string;
  /** The name of the account, for a command; the password is not in it. */
  username: string;
}

/** An approval that waits for votes. */
export interface Waiting {
  keel: Keel;
  approval: Approval;
  /** The same at each look, and of no other approval. */
  key: string;
}

/** What all Keels say. */
export interface KeelLook {
  waiting: readonly Waiting[];
  /** Those that wait no more, as long as Keel keeps their records. */
  closed: readonly { key: string; rejected: boolean }[];
  /** Why an answer is missing, by Keel. */
  unread: readonly string[];
}

/** Which approvals are wanted: all by default. */
export interface Wanted {
  namespace?: string | undefined;
  workload?: { kind: string; name: string } | undefined;
}

/**
 * The Keels of the settings, with their credentials.
 *
 * @throws PromoteError `urls` if an address is not one of http or https
 */
export function keelsOf({ urls = [], username, password, token_value, skip_verify }: Settings): Keel[] {
  return urls.map((text) => {
    const endpoint = endpointOf(text);
    const auth = authOf({ username, password, tokenValue: token_value }, endpoint);
    const { origin, pathname } = new URL(endpoint.url);
    const base = pathname.replace(/\/+$/, '').replace(NATIVE_PATH, '');
    return {
      admin: adminOf({ endpoint, auth, skipVerify: skip_verify ?? false }),
      page: `${origin}${base}/`,
      username: auth?.username ?? '',
    };
  });
}

/** Asks all Keels at once. Never rejects. */
export async function lookAtKeels(keels: readonly Keel[], wanted: Wanted): Promise<KeelLook> {
  const replies = await Promise.all(
    keels.map(async (keel) => ({ keel, reply: await keel.admin.approvals() })),
  );
  const known = replies.flatMap(({ keel, reply }) =>
    reply.kind === 'ok'
      ? reply.value
          .filter((each) => isWanted(each, wanted))
          .map((approval) => ({ keel, approval, key: `keel ${keel.admin.host} ${approval.id}` }))
      : [],
  );
  return {
    waiting: known.filter(({ approval }) => isOpen(approval)),
    closed: known
      .filter(({ approval }) => !isOpen(approval))
      .map(({ key, approval }) => ({ key, rejected: approval.rejected })),
    unread: replies.flatMap(({ keel, reply }) =>
      reply.kind === 'ok'
        ? []
        : [`The approvals of ${keel.admin.host} are not shown: ${unreadableReason(reply)}.`],
    ),
  };
}

function isOpen({ archived, rejected, votesReceived, votesRequired }: Approval): boolean {
  return !archived && !rejected && votesReceived < votesRequired;
}

/** By `KIND/NAMESPACE/NAME:TAG`. */
function isWanted({ identifier }: Approval, { namespace, workload }: Wanted): boolean {
  const [kind, of, name = ''] = identifier.split('/');
  if (namespace !== undefined && of !== namespace) return false;
  return workload === undefined || (kind === workload.kind && name.split(':')[0] === workload.name);
}

/** A line for each approval. @param at now, in milliseconds since the epoch */
export function approvalRows(waiting: readonly Waiting[], at: number): Row[] {
  return waiting.map(({ keel, approval, key }) => {
    const name = oneLine(`${keel.admin.host}  ${approval.identifier}`);
    const since = at - Date.parse(approval.eventAt);
    return {
      key,
      name,
      tone: 'wait',
      text: `${name}  ${oneLine(`waits for votes: ${describeVotes(approval, at)}`)}`,
      soft: since >= 1000 ? `for ${formatDuration(since)}` : '',
      counts: '',
      link: keel.page,
    };
  });
}

/** How to vote for each: on Keel's page, or with a command that asks for the password. */
export function approvalDetails(waiting: readonly Waiting[]): string[] {
  return waiting.map(({ keel, approval }) =>
    oneLine(`to approve ${approval.identifier}: ${keel.page} or ${approveCommand({ keel, approval })}`),
  );
}

/** Keel takes any voter's name, and a vote of the same name once. */
export function approveCommand({ keel, approval: { id, identifier } }: Omit<Waiting, 'key'>): string {
  const body = JSON.stringify({ id, identifier, action: 'approve', voter: keel.username || 'YOUR-NAME' });
  return `curl -u ${quotedForShell(keel.username)} -d ${quotedForShell(body)} ${quotedForShell(`${keel.page}v1/approvals`)}`;
}
