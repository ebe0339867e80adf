import assert from 'node:assert/strict';
import type { Clock } from '../../../src/clock.ts';
import type { Approval, AuditEntry } from '../../../src/engines/keel/admin/approval.ts';
import type { Admin, Reply } from '../../../src/engines/keel/admin/client.ts';
import type { ClusterView } from '../../../src/engines/keel/forecast/cluster-view.ts';
import type { KeelWorkload } from '../../../src/engines/keel/forecast/workload.ts';

/** What others do during a step. `at` in milliseconds from the webhook. */
export interface Happening {
  at: number;
  kind:
    | 'vote'
    | 'reject'
    | 'archive'
    | 'delete'
    | 'sweep'
    | 'restart'
    | 'lose-store'
    | 'other-writer'
    | 'lower-votes';
  voter: string;
  /** Of a restart: how long Keel does not listen. */
  ms: number;
}

export interface Story {
  policy: 'all' | 'patch' | 'glob:1.0.*' | 'force' | 'regexp:^1';
  votes: number;
  happenings: readonly Happening[];
  /** Updates that are lost to a conflict, from the first on. */
  losses: number;
  webhookLost: boolean;
  /** From Keel's write until all pods are ready; undefined: they never are. */
  rolloutMs: number | undefined;
  /** How long a request takes. */
  lagMs: number;
  approves: boolean;
}

export const IMAGE = '10.0.0.1:5000/web';
export const TAG = '1.0.1';
const IDENTIFIER = 'deployment/shop/web';
const DEADLINE_MS = 10_000;

/**
 * Keel and a cluster in memory, with a time that advances only during a wait. It has just enough of both to
 * check the outcomes.
 */
export function startModel(story: Story, webhookId: string) {
  let now = 0;
  let order = 0;
  let image = `${IMAGE}:1.0.0`;
  let cause: string | undefined;
  let writtenAt = -1;
  let losses = story.losses;
  let downUntil = -1;
  let run = 0;
  let votesNeeded = story.votes;
  const truth = { readyAt: -1, rejected: false, expired: false, deleted: false, archived: false, writes: 0 };
  let records: Approval[] = [];
  let audit: AuditEntry[] = [];
  const timers: { at: number; order: number; act: () => void }[] = [];

  const after = (ms: number, act: () => void) => timers.push({ at: now + ms, order: order++, act });
  function pass(ms: number): void {
    const end = now + ms;
    for (;;) {
      const next = timers.reduce<(typeof timers)[number] | undefined>(
        (first, each) =>
          first === undefined || each.at < first.at || (each.at === first.at && each.order < first.order)
            ? each
            : first,
        undefined,
      );
      if (next === undefined || next.at > end) break;
      timers.splice(timers.indexOf(next), 1);
      now = Math.max(now, next.at);
      next.act();
    }
    now = end;
  }
  const log = (action: string, { id, identifier }: Approval) =>
    audit.unshift({ action, identifier, approvalId: id, createdAt: new Date(now).toISOString() });
  const change = (id: string, more: Partial<Approval>) => {
    records = records.map((each) => (each.id === id ? { ...each, ...more } : each));
    return records.find((each) => each.id === id);
  };
  const open = () => records.find(({ archived }) => !archived);
  const isTaken = () =>
    ['all', 'patch', 'glob:1.0.*'].includes(story.policy) ? image === `${IMAGE}:1.0.0` : true;

  function update(record: Approval | undefined): void {
    const started = run;
    after(9, () => {
      if (started !== run || !isTaken()) return;
      if (losses-- > 0) return;
      image = `${IMAGE}:${TAG}`;
      cause = `keel automated update, version 1.0.0 -> ${TAG} [${now}]`;
      writtenAt = now;
      truth.writes += 1;
      const { rolloutMs } = story;
      const write = truth.writes;
      if (rolloutMs !== undefined)
        after(rolloutMs, () => {
          if (write === truth.writes && image.endsWith(TAG)) truth.readyAt = now;
        });
      if (record !== undefined) {
        const archived = change(record.id, { archived: true });
        if (archived) log('archived', archived);
      }
    });
  }
  function webhook(): void {
    const started = run;
    after(5, () => {
      if (started !== run || !isTaken()) return;
      const found = open();
      if (found !== undefined) {
        if (found.rejected || found.votesReceived < found.votesRequired) return;
        return update(found);
      }
      if (votesNeeded === 0) return update(undefined);
      records.unshift({
        id: `r${order++}`,
        archived: false,
        identifier: `${IDENTIFIER}:${TAG}`,
        repository: { name: IMAGE, tag: TAG, digest: webhookId },
        eventAt: new Date(now).toISOString(),
        votesRequired: votesNeeded,
        votesReceived: 0,
        voters: [],
        rejected: false,
        deadline: new Date(now + DEADLINE_MS).toISOString(),
      });
    });
  }
  function approve(voter: string): void {
    const record = open();
    if (record === undefined || record.voters.includes(voter)) return;
    const before = record.votesReceived;
    const voted = change(record.id, { votesReceived: before + 1, voters: [...record.voters, voter] });
    if (voted === undefined) return;
    log('approved', voted);
    if (!voted.rejected && before < voted.votesRequired && voted.votesReceived >= voted.votesRequired)
      update(voted);
  }
  function happen({ kind, voter, ms }: Happening): void {
    const record = open();
    switch (kind) {
      case 'vote':
        if (now > downUntil) approve(voter);
        return;
      case 'reject': {
        const rejected = record && change(record.id, { rejected: true });
        if (rejected) log('rejected', rejected);
        truth.rejected ||= rejected !== undefined;
        return;
      }
      case 'archive': {
        const archived = record && change(record.id, { archived: true });
        if (archived) log('archived', archived);
        truth.archived ||= archived !== undefined;
        return;
      }
      case 'delete':
        records = records.filter(({ id }) => id !== record?.id);
        if (record) log('deleted', record);
        truth.deleted ||= record !== undefined;
        return;
      case 'sweep':
        for (const each of records.filter(({ deadline }) => Date.parse(deadline) < now)) {
          log('deleted', each);
          log('expired', each);
          truth.expired = true;
          records = records.filter(({ id }) => id !== each.id);
        }
        return;
      case 'restart':
        run += 1;
        downUntil = now + ms;
        return;
      case 'lose-store':
        run += 1;
        records = [];
        audit = [];
        return;
      case 'lower-votes':
        votesNeeded = Math.min(votesNeeded, 1);
        return;
      case 'other-writer':
        image = `${IMAGE}:1.0.2`;
        cause = undefined;
    }
  }
  for (const each of story.happenings) after(each.at, () => happen(each));

  const workload = (): KeelWorkload => ({
    identifier: IDENTIFIER,
    kind: 'deployment',
    namespace: 'shop',
    name: 'web',
    labels: {},
    annotations: {
      'keel.sh/policy': story.policy,
      ...(story.votes > 0 ? { 'keel.sh/approvals': String(story.votes) } : {}),
      ...(cause === undefined ? {} : { 'kubernetes.io/change-cause': cause }),
    },
    containers: [{ name: 'app', image, init: false }],
    rollout:
      writtenAt < 0 || truth.readyAt >= writtenAt
        ? { state: 'done', message: '1 of 1 pods are available' }
        : { state: 'waiting', message: '0 of 1 pods are new' },
    source: 'cluster',
  });
  const asked = async <T>(value: () => T): Promise<Reply<T>> => {
    pass(story.lagMs);
    return now <= downUntil ? { kind: 'down', reason: 'ECONNREFUSED' } : { kind: 'ok', value: value() };
  };
  const admin: Admin = {
    host: 'keel:9300',
    isOpen: async () => false,
    version: () => asked(() => '0.22.1'),
    resources: () => asked(() => []),
    approvals: () => asked(() => records),
    audit: () => asked(() => audit),
    act: (_, action, voter) =>
      asked(() => {
        if (action === 'approve') approve(voter);
        return undefined;
      }),
  };
  const cluster: ClusterView = {
    namespace: 'shop',
    list: async () => ({ workloads: [workload()], unseen: [] }),
    async read() {
      pass(story.lagMs);
      return workload();
    },
    troubles: async () => [],
    pods: async () => [],
    allPods: async () => [],
    putImages: () => assert.fail('nothing is brought back without checks'),
    mayWrite: async () => false,
    cluster: () => assert.fail('nothing is measured without checks'),
    close() {},
  };
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    async sleep(ms) {
      pass(ms);
    },
  };
  return {
    admin,
    cluster,
    clock,
    truth,
    webhook,
    workload,
    image: () => image,
    isDown: () => now <= downUntil,
  };
}
