import { type KeelWorkload, KINDS, type Kind, type Rollout } from '../forecast/workload.ts';
import type { Approval, AuditEntry } from './approval.ts';

/**
 * Readers of the answers of Keel's admin API. Each throws if the answer is not Keel's, so that part of a list
 * is never taken for the whole.
 */

type Fields = Readonly<Record<string, unknown>>;

/** GET /version: `0.22.1`; undefined if the answer has no version. */
export function readVersion(value: unknown): string | undefined {
  const { version } = fieldsOf(value);
  return typeof version === 'string' && version !== '' ? version : undefined;
}

/** GET /v1/resources, without kinds that this program does not know. Keel sends `null` for an empty list. */
export function readResources(value: unknown): KeelWorkload[] {
  return listOf(value ?? []).flatMap((each) => {
    const fields = fieldsOf(each);
    const kind = KINDS.find((known) => known === fields.kind);
    return kind === undefined ? [] : [resourceOf(kind, fields)];
  });
}

/** GET /v1/approvals. */
export function readApprovals(value: unknown): Approval[] {
  return listOf(value ?? []).map(readApproval);
}

/** One record. */
function readApproval(value: unknown): Approval {
  const fields = fieldsOf(value);
  const event = fieldsOf(fields.event);
  const repository = fieldsOf(event.repository);
  return {
    id: textOf(fields.id),
    archived: fields.archived === true,
    identifier: textOf(fields.identifier),
    repository: {
      name: textOf(repository.name),
      tag: textOf(repository.tag),
      digest: String(repository.digest ?? ''),
    },
    eventAt: String(event.createdAt ?? ''),
    votesRequired: numberOf(fields.votesRequired),
    votesReceived: numberOf(fields.votesReceived),
    voters: Object.keys(fieldsOf(fields.voters ?? {})),
    rejected: fields.rejected === true,
    deadline: String(fields.deadline ?? ''),
  };
}

/** GET /v1/audit?filter=approval */
export function readAudit(value: unknown): AuditEntry[] {
  return listOf(fieldsOf(value).data ?? []).map((each) => {
    const fields = fieldsOf(each);
    return {
      action: textOf(fields.action),
      identifier: String(fields.identifier ?? ''),
      approvalId: String(fieldsOf(fields.metadata ?? {}).approval_id ?? ''),
      createdAt: String(fields.createdAt ?? ''),
    };
  });
}

function resourceOf(kind: Kind, fields: Fields): KeelWorkload {
  const annotations = textsOf(fields.annotations);
  const labels = textsOf(fields.labels);
  return {
    identifier: textOf(fields.identifier),
    kind,
    namespace: textOf(fields.namespace),
    name: textOf(fields.name),
    labels,
    annotations,
    containers: listOf(fields.images ?? []).map((image) => ({
      name: undefined,
      image: textOf(image),
      init: false,
    })),
    rollout: rolloutOf(kind, fieldsOf(fields.status ?? {})),
    source: 'keel',
  };
}

/**
 * The state of a rollout in Keel's list. The list has no generation, so this may be the state before the
 * update; the caller must allow for that.
 */
function rolloutOf(kind: Kind, status: Fields): Rollout {
  if (kind === 'cronjob') return { state: 'done', message: 'its next run uses it' };
  const [total = 0, updated = 0, available = 0] = ['replicas', 'updatedReplicas', 'availableReplicas'].map(
    (name) => numberOf(status[name] ?? 0),
  );
  const unavailable = numberOf(status.unavailableReplica ?? 0);
  const message = `${updated} of ${total} pods are new, ${available} are available`;
  return { state: updated >= total && available >= total && unavailable === 0 ? 'done' : 'waiting', message };
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('expected an object');
  return value as Fields;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('expected a list');
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Error('expected a string');
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new Error('expected a number');
  return value;
}

function textsOf(value: unknown): Record<string, string> {
  const entries = Object.entries(fieldsOf(value ?? {}));
  return Object.fromEntries(entries.map(([key, text]) => [key, String(text)]));
}
