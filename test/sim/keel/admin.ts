import { json, jsonAsText, type KeelAnswer, text } from './answer.ts';
import { decode, type Fields, GoJsonError, stringIn } from './go-json.ts';
import type { Kube } from './kube.ts';
import { annotate } from './plan.ts';
import {
  type Approval,
  archive,
  change,
  findOpen,
  iso,
  type KeelEvent,
  listed,
  type Records,
  reject,
  remove,
  statusOf,
  vote,
} from './records.ts';
import { putWorkload, type Workload } from './workloads.ts';

/** What the admin part works on. */
export interface AdminParts {
  kube: Kube | undefined;
  records: Records;
  now(): number;
  workloads(): Promise<Workload[]>;
  publish(event: KeelEvent): Promise<void>;
}

const MOST_VOTES = 100;

/** POST /v1/approvals. Any unknown action is a vote (measured). */
export async function postApproval(parts: AdminParts, body: string): Promise<KeelAnswer> {
  const given = decodeOr400(body, { id: 'string', identifier: 'string', action: 'string', voter: 'string' });
  if ('status' in given) return given;
  const { records } = parts;
  const [identifier, action, voter] = [
    stringIn(given.fields, 'identifier'),
    stringIn(given.fields, 'action'),
    stringIn(given.fields, 'voter'),
  ];
  if (identifier === '') return text(404, 'identifier cannot be empty\n');
  const approval =
    findOpen(records, identifier) ?? (action === 'delete' ? archived(records, identifier) : undefined);
  if (action === 'delete') {
    if (!approval) return text(200, 'record not found');
    remove(records, approval, parts.now());
    return jsonAsText(null);
  }
  if (!approval) return text(404, `approval '${identifier}' not found\n`);
  if (action === 'reject') reject(records, approval, parts.now());
  else if (action === 'archive') archive(records, approval, parts.now());
  else if (vote(records, approval, voter, parts.now())) {
    const event = { ...approval.event, triggerName: 'approval' };
    await parts.publish(event);
    // the record itself keeps its first trigger
    return jsonAsText({ ...approval, event });
  }
  return jsonAsText(approval);
}

function archived({ approvals }: Records, identifier: string): Approval | undefined {
  return approvals.find((each) => each.identifier === identifier);
}

/** PUT /v1/approvals: the annotation, and the records that are pending. */
export async function putApprovals(parts: AdminParts, body: string): Promise<KeelAnswer> {
  const given = decodeOr400(body, { identifier: 'string', provider: 'string', votesRequired: 'number' });
  if ('status' in given) return given;
  const identifier = stringIn(given.fields, 'identifier');
  const votesRequired = Number(given.fields.votesrequired ?? 0);
  if (identifier === '') return text(400, 'identifier cannot be empty\n');
  if (stringIn(given.fields, 'provider') !== 'kubernetes') return text(400, 'unsupported provider\n');
  if (votesRequired < 0 || votesRequired > MOST_VOTES)
    return text(400, `votesRequired should be between 0 and ${MOST_VOTES}\n`);
  const refused = await annotated(parts, identifier, { 'keel.sh/approvals': String(votesRequired) });
  if (refused) return refused;
  for (const approval of [...parts.records.approvals]) {
    if (!approval.identifier.startsWith(`${identifier}:`) || statusOf(approval) !== 'pending') continue;
    // it looks for the open record of that name, and finds none (measured)
    if (approval.archived) return text(500, 'record not found');
    approval.votesRequired = votesRequired;
    change(parts.records, approval, parts.now());
    if (statusOf(approval) === 'approved')
      await parts.publish({ ...approval.event, triggerName: 'approval' });
  }
  return json({ status: 'updated' });
}

/** PUT /v1/policies: takes any word; the empty one takes the policy away. */
export async function putPolicy(parts: AdminParts, body: string): Promise<KeelAnswer> {
  const given = decodeOr400(body, { identifier: 'string', policy: 'string' });
  if ('status' in given) return given;
  const identifier = stringIn(given.fields, 'identifier');
  const policy = stringIn(given.fields, 'policy');
  if (identifier === '') return text(400, 'identifier cannot be empty\n');
  const refused = await annotated(parts, identifier, {
    'keel.sh/policy': policy === '' ? undefined : policy,
  });
  return refused ?? json({ status: 'updated' });
}

/** PUT /v1/tracked */
export async function putTracked(parts: AdminParts, body: string): Promise<KeelAnswer> {
  const given = decodeOr400(body, { identifier: 'string', trigger: 'string', schedule: 'string' });
  if ('status' in given) return given;
  const identifier = stringIn(given.fields, 'identifier');
  const trigger = stringIn(given.fields, 'trigger');
  const schedule = stringIn(given.fields, 'schedule');
  if (identifier === '') return text(400, 'identifier cannot be empty\n');
  if (trigger !== 'default' && trigger !== 'poll')
    return text(400, "unknown trigger type, supported: 'default', 'poll'\n");
  if (schedule !== '' && !/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(schedule))
    return text(400, `time: invalid duration "${schedule}"`);
  const refused = await annotated(parts, identifier, {
    'keel.sh/trigger': trigger,
    'keel.sh/pollSchedule': schedule === '' ? '@every 1m' : schedule,
  });
  return refused ?? json({ status: 'updated' });
}

async function annotated(
  { kube, workloads }: AdminParts,
  identifier: string,
  annotations: Record<string, string | undefined>,
): Promise<KeelAnswer | undefined> {
  const workload = (await workloads()).find((each) => each.identifier === identifier);
  if (!kube || !workload) return text(404, `resource with identifier '${identifier}' not found`);
  const object = structuredClone(workload.object);
  annotate(object, annotations);
  const { status, body } = await putWorkload(kube, { ...workload, object });
  return status === 200 ? undefined : text(500, String(body?.message ?? status));
}

/** GET /v1/approvals */
export function getApprovals({ records }: AdminParts): KeelAnswer {
  return jsonAsText(listed(records));
}

/** GET /v1/audit: nothing without `filter` (measured). */
export function getAudit({ records }: AdminParts, params: URLSearchParams): KeelAnswer {
  const kinds = (params.get('filter') ?? '').split(',');
  const number = (name: string) => (/^\d+$/.test(params.get(name) ?? '') ? Number(params.get(name)) : -1);
  const [limit, offset] = [number('limit'), number('offset')];
  const found = records.audit.filter(
    ({ resourceKind }) => kinds.includes('*') || kinds.includes(resourceKind),
  );
  const from = Math.max(0, offset);
  const data = found.slice(from, limit < 0 ? undefined : from + limit);
  return json({ data, total: found.length, limit, offset });
}

/** GET /v1/stats: the last 31 days; `webhooks` is always 0 (measured). */
export function getStats({ records, now }: AdminParts): KeelAnswer {
  const days = Array.from({ length: 31 }, (_, back) => iso(now() - back * 86_400_000).slice(0, 10));
  const count = (day: string, actions: string[]) =>
    records.audit.filter(({ createdAt, action }) => createdAt.startsWith(day) && actions.includes(action))
      .length;
  return json(
    days.map((day) => ({
      date: day.replace(/-0/g, '-'),
      webhooks: 0,
      approved: count(day, ['approved']),
      rejected: count(day, ['rejected']),
      updates: count(day, ['deployment update']),
    })),
  );
}

function decodeOr400(
  body: string,
  types: Readonly<Record<string, 'string' | 'number'>>,
): { fields: Fields } | KeelAnswer {
  try {
    return { fields: decode(body, types) };
  } catch (error) {
    if (error instanceof GoJsonError) return text(400, error.message);
    throw error;
  }
}
