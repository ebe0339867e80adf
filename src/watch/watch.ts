import type { Clock } from '../clock.ts';
import { type Cluster, createCluster } from '../cluster/client.ts';
import { type Access, connect } from '../cluster/connect.ts';
import { messageOf } from '../errors.ts';
import { look, type Places, placesFor } from './collect.ts';
import { endCode, type Followed, followedAfter, lastCode } from './followed.ts';
import { approvalDetails, approvalRows, type Keel, type KeelLook, lookAtKeels } from './keel.ts';
import { detailsOf, oneLine, rowsOf } from './lines.ts';
import { type Sampled, samplesAfter } from './samples.ts';
import type { Picture, Screen } from './screen.ts';
import type { Seen } from './seen.ts';
import { type Renewal, renewalsAfter, silentIn } from './silence.ts';
import { type Vote, votesAfter, votesCode } from './votes.ts';

/** What `drone-promote watch` was asked for. */
export interface WatchRequest {
  /** Absent if there is only Keel to look at. */
  access: Access | undefined;
  keels: readonly Keel[];
  /** The one namespace; without it all that can be read. */
  namespace?: string | undefined;
  /** The workload to open. */
  workload?: { kind: string; name: string } | undefined;
  /** Ends when all promotions and approvals that were seen have ended. */
  untilDone: boolean;
}

/** What it gets from the machine. */
export interface WatchHost {
  clock: Clock;
  /** Aborts when the user ends it. */
  signal: AbortSignal;
  screen: Screen;
}

/** A look at each interval. Leases of this program have a label, so that an answer is small. */
const INTERVAL_MS = 2_000;

/** What is known after a look. */
interface Known {
  seen: readonly Seen[];
  without: readonly string[];
  followed: readonly Followed[];
  renewals: readonly Renewal[];
  sampled: readonly Sampled[];
  keel: KeelLook;
  votes: readonly Vote[];
  /** Why the newest look failed. */
  away?: string | undefined;
}

const NOTHING_KNOWN: Known = {
  seen: [],
  without: [],
  followed: [],
  renewals: [],
  sampled: [],
  keel: { waiting: [], closed: [], unread: [] },
  votes: [],
};

/**
 * Shows promotions until they have ended, or until the user ends it. Reads only.
 *
 * @returns the exit code
 * @throws PromoteError if the first look fails
 */
export async function watch(request: WatchRequest, { clock, signal, screen }: WatchHost): Promise<number> {
  const connection = request.access && (await connect(request.access));
  const namespace = request.namespace ?? connection?.namespace ?? 'default';
  const cluster = connection && createCluster(connection, namespace, clock);
  try {
    const isAnywhere = cluster !== undefined && request.namespace === undefined;
    const places = isAnywhere ? await placesFor(cluster, signal) : [namespace];
    let known = NOTHING_KNOWN;
    let isFirst = true;
    for (;;) {
      const [ofCluster, keel] = await Promise.all([
        cluster ? lookAgain(cluster, places, known, { clock, signal, isFirst }) : known,
        lookAtKeels(request.keels, request),
      ]);
      known = { ...ofCluster, keel, votes: votesAfter(known.votes, keel) };
      if (signal.aborted) return 0;
      isFirst = false;
      screen.show(pictureOf(request, places, known, clock.now()));
      const code = request.untilDone && known.away === undefined ? codeOf(request, known) : undefined;
      if (code !== undefined) return code;
      await clock.sleep(INTERVAL_MS, signal);
      if (signal.aborted) return 0;
    }
  } catch (error) {
    // the user has ended a request that waited
    if (signal.aborted) return 0;
    throw error;
  } finally {
    connection?.httpAgent.destroy();
    connection?.httpsAgent.destroy();
  }
}

async function lookAgain(
  cluster: Cluster,
  places: Places,
  before: Known,
  { clock, signal, isFirst }: { clock: Clock; signal: AbortSignal; isFirst: boolean },
): Promise<Known> {
  try {
    const { seen, without } = await look(cluster, places, signal);
    return {
      ...before,
      away: undefined,
      seen,
      without,
      followed: followedAfter(before.followed, seen),
      renewals: renewalsAfter(before.renewals, seen, clock.monotonic()),
      sampled: samplesAfter(before.sampled, seen),
    };
  } catch (error) {
    if (isFirst) throw error;
    // the time without an answer says nothing of the holders
    return { ...before, renewals: [], away: messageOf(error) };
  }
}

function pictureOf(request: WatchRequest, places: Places, known: Known, at: number): Picture {
  const { seen, followed, without, away, renewals, sampled, keel } = known;
  const isMany = seen.filter(({ now }) => now).length !== 1;
  const opened = request.workload
    ? seen.filter((each) => isOpened(request, each))
    : isMany
      ? []
      : seen.filter(({ now }) => now);
  return {
    title: request.access ? titleOf(seen, places) : keelTitle(keel),
    seen,
    sampled,
    waiting: keel.waiting,
    rows: [
      ...rowsOf({ seen: request.workload ? opened : seen, followed, silent: silentIn(renewals), at }),
      ...approvalRows(keel.waiting, at),
    ],
    details: [
      ...opened.flatMap((each) => [
        ...(opened.length > 1 ? [`${oneLine(each.namespace)} ${oneLine(each.workload)}:`] : []),
        ...detailsOf(each, at),
      ]),
      ...approvalDetails(keel.waiting),
    ],
    notes: [
      ...without.map((kind) => `${kind} are not shown, because these credentials may not list them.`),
      ...keel.unread.map(oneLine),
      ...(away === undefined ? [] : [`The newest look failed: ${oneLine(away)}`]),
    ],
    at,
  };
}

function titleOf(seen: readonly Seen[], places: Places): string {
  const count = seen.filter(({ now }) => now).length;
  const promotions =
    count === 0 ? 'no promotion is' : count === 1 ? '1 promotion is' : `${count} promotions are`;
  const where =
    places === 'everywhere'
      ? 'all namespaces'
      : places.length > 3
        ? `${places.length} namespaces`
        : places.join(', ');
  return `${promotions} in progress in ${where}`;
}

function keelTitle({ waiting }: KeelLook): string {
  const [one] = waiting;
  if (!one) return 'no approval waits for votes at Keel';
  return waiting.length === 1
    ? '1 approval waits for votes at Keel'
    : `${waiting.length} approvals wait for votes at Keel`;
}

function isOpened({ workload }: WatchRequest, seen: Seen): boolean {
  return seen.workload === `${workload?.kind}/${workload?.name}`;
}

/** The exit code if all that was followed has ended: the worst of them. */
function codeOf(request: WatchRequest, known: Known): number | undefined {
  // what a Keel that does not answer waits for is not known
  if (known.keel.unread.length > 0) return undefined;
  const codes = [promotionsCode(request, known), votesCode(known.votes)];
  return codes.includes(undefined) ? undefined : Math.max(...codes.map((code) => code ?? 0));
}

/** The worst of the promotions. If there was none, the last outcome of the opened workload, unless an approval of it was followed. */
function promotionsCode(request: WatchRequest, { seen, followed, votes }: Known): number | undefined {
  const mine = request.workload
    ? followed.filter(({ key }) => key.endsWith(` ${request.workload?.kind}/${request.workload?.name}`))
    : followed;
  if (mine.length === 0) {
    const isIdle = request.workload !== undefined && votes.length === 0;
    return isIdle ? lastCode(seen.find((each) => isOpened(request, each))) : 0;
  }
  const ends = mine.map((each) => endCode(each, seen));
  return ends.includes(undefined) ? undefined : Math.max(...ends.map((code) => code ?? 0));
}
