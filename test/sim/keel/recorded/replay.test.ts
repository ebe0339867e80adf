import assert from 'node:assert/strict';
import test from 'node:test';
import type { Any } from '../../api-server/store.ts';
import { startCluster } from '../../cluster.ts';
import { virtualClock } from '../../virtual-clock.ts';
import { listed } from '../records.ts';
import { comparable, shapeOf, sightOf } from './comparable.ts';
import { type Recording, recordings } from './recording.ts';
import { type Replay, type Replayed, startReplay } from './replay.ts';

/** Recorded, and not replayed: why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  '5.latency of 15 single webhooks 0.7 s apart': 'times of a real process; `delayMs` stands for them',
  '5.50 webhooks, one Deployment, ascending tags':
    'which updates are lost is a race; sim/keel.test has the loss',
  '5.50 webhooks in parallel, one Deployment': 'which updates are lost is a race; sim/keel.test has the loss',
  '5.another writer patches the Deployment right before each webhook': 'a race: 2 of 12; `loseUpdates`',
  '5.webhook sent the moment the port opens after a start': 'four starts in one record; `warmUpMs`',
  '5.24 webhooks (24 Deployments) then SIGTERM': 'how many are lost is a race; sim/keel.test has the loss',
  '5.160 webhooks one Deployment: HTTP latency when the buffer is full': 'times of a real process',
  '5.start window: webhooks every ~10 ms from the moment the port opens':
    'three starts in one record; `warmUpMs`',
  '5.25 approvals one after another, each fully approved': '25 approvals in one record, without the requests',
  '6.what a failed login writes to the log': 'about the log, which the sim does not write',
  '6.only BASIC_AUTH_USER set': 'about the log of a start that failed; the type of the options forbids it',
};

/** Lists of all that was in the recorded namespace, of which the replay has a part at that moment: only their shape is compared. */
const PARTS = /^\/v1\/(tracked|stats|auth\/user|auth\/login)/;

function differences(recording: Recording, replayed: Replayed, replay: Replay): Any[] {
  const found: Any[] = [];
  const compare = (what: string, actual: Any, expected: Any) => {
    if (!isSame(actual, expected)) found.push({ what, actual, expected });
  };
  const { response, after } = recording;
  const { status } = response;
  compare('status', replayed.status, Array.isArray(status) ? status[0] : status);
  const isTypeRecorded = response.type !== null || response.body === '';
  if (isTypeRecorded) compare('type', replayed.type, response.type);
  compareBody(recording, replayed, compare);
  if (after === null) return found;
  if (after.final) {
    const own = Object.keys(after.final).map((name) => [name, sightOf(replayed.after.get(name)).images.app]);
    const tags = own.map(([name, image]) => [name, image.split(':').at(-1)]);
    compare('final', Object.fromEntries(tags), after.final);
    compare('changes', replayed.changes, after.spec_changes);
    return found;
  }
  // a workload alone, or several by their names
  const sights = typeof after.name === 'string' ? { [after.name]: after } : after;
  for (const [name, sight] of Object.entries<Any>(sights)) {
    if (name.startsWith('records')) {
      const one = (recording.request.body as Any)?.identifier;
      const all = `${sight[0]?.identifier.split(':')[0]}:`;
      const records = listed(replay.keel().records).filter(({ identifier }) =>
        name === 'records' ? identifier.startsWith(all) : identifier === one,
      );
      compare(name, comparable(records), comparable(sight));
    } else if (name === 'posts') {
      // those of the second half came after a vote on another Deployment, without a record of the requests
      const wanted = sight.slice(0, sight.length / 2).map(({ body }: Any) => body);
      const isDebug = wanted.some(({ level }: Any) => level === 'debug');
      const own = replayed.posts.filter(({ level }) => isDebug || level !== 'debug');
      compare('posts', comparable(own), comparable(wanted));
    } else if (sight?.images !== undefined) compareSight(name, sight, replayed, compare);
  }
  return found;
}

function compareBody({ request, response }: Recording, { body }: Replayed, compare: Compare): void {
  const expected: Any = response.body;
  const actual = parsed(body);
  const [path = ''] = request.path.split('?');
  if (expected === '(long)') compare('body', typeof actual, 'object');
  else if (path === '/v1/audit' && typeof expected === 'object') {
    // their total is that of a longer run
    const some = (page: Any) => comparable({ ...page, total: page.total > 0 });
    compare('body', some(actual), some(expected));
  } else if (typeof expected === 'string') {
    const isPage = expected.startsWith('<!doctype html>');
    if (isPage) compare('page', /^<!doctype html>/i.test(body), true);
    else compare('body', typeof actual === 'object' ? comparable(JSON.stringify(actual)) : body, expected);
  } else if (expected === null) compare('body', body, path === '/v1/approvals' ? 'null' : '');
  else if (PARTS.test(path)) compare('body', shapeOf(actual), shapeOf(expected));
  else if (path === '/v1/resources') {
    const [wanted] = expected;
    const own = actual.find(({ identifier }: Any) => identifier === wanted.identifier);
    // no pods run here
    const withoutPods = (resource: Any) => comparable({ ...resource, status: shapeOf(resource.status) });
    compare('body', withoutPods(own), withoutPods(wanted));
  } else if (Array.isArray(expected) && Array.isArray(actual)) {
    const workloadOf = ({ identifier }: Any) => identifier.split(':')[0];
    const wanted = new Set(expected.map(workloadOf));
    const own = actual.filter((each: Any) => wanted.has(workloadOf(each)));
    compare('hours', own.map(hoursOf), expected.map(hoursOf));
    compare('body', comparable(own), comparable(expected));
  } else compare('body', comparable(actual), comparable(expected));
}

function parsed(body: string): Any {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** From a record's creation to its deadline. */
function hoursOf({ createdAt, deadline }: Any): number {
  return Math.round((Date.parse(deadline) - Date.parse(createdAt)) / 3_600_000);
}

type Compare = (what: string, actual: Any, expected: Any) => void;

function compareSight(name: string, sight: Any, { before, after }: Replayed, compare: Compare): void {
  const own = sightOf(after.get(name));
  compare(`${name}.images`, own.images, sight.images);
  if (typeof sight.changed === 'boolean') {
    const timeOf = (each: Any) =>
      JSON.stringify([each.images, each.initImages, each.templateAnnotations, each.jobTemplateAnnotations]);
    const hasChanged = timeOf(own) !== timeOf(sightOf(before.get(name)));
    compare(`${name}.changed`, hasChanged, sight.changed);
  }
  const fields = [
    'initImages',
    'annotations',
    'labels',
    'jobTemplateAnnotations',
    ...(sight.changed ? ['templateAnnotations'] : []),
  ];
  for (const field of fields.filter((each) => sight[each] != null)) {
    compare(`${name}.${field}`, comparable(own[field]), comparable(sight[field]));
  }
}

function isSame(actual: Any, expected: Any): boolean {
  try {
    assert.deepEqual(actual, expected);
    return true;
  } catch {
    return false;
  }
}

test('every recorded exchange of 0.22.1 comes out the same', async (t) => {
  const cluster = await startCluster(virtualClock(Date.parse('2026-11-23T22:42:00Z')));
  const replay = await startReplay(cluster);
  t.after(async () => {
    await replay.close();
    await cluster.stop();
  });
  const all = recordings();
  const wrong: Any[] = [];
  let agree = 0;
  for (const recording of all) {
    if (Object.hasOwn(EXCEPTIONS, recording.case)) continue;
    const found = differences(recording, await replay.play(recording), replay);
    if (found.length === 0) agree += 1;
    else wrong.push({ case: recording.case, found });
  }
  t.diagnostic(
    `${agree} of ${all.length} recorded exchanges agree, ${Object.keys(EXCEPTIONS).length} are not replayed`,
  );
  for (const each of wrong) t.diagnostic(JSON.stringify(each));
  assert.equal(wrong.length, 0);
  assert.equal(agree, all.length - Object.keys(EXCEPTIONS).length);
});
