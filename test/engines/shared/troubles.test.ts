import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cluster } from '../../../src/cluster/client.ts';
import { lastWords, newTroubleEvents } from '../../../src/engines/shared/troubles.ts';
import type { Trouble } from '../../../src/workload/trouble.ts';

const CRASH: Trouble = {
  pod: 'web-1',
  container: 'app',
  reason: 'CrashLoopBackOff',
  message: 'exit code 1, 3 restarts',
  previousLog: true,
  weight: 'fatal',
};
const NO_ROOM: Trouble = {
  pod: 'web-2',
  reason: 'Unschedulable',
  message: 'no node accepts the pod',
  previousLog: false,
  weight: 'wait',
};

/** A namespace whose containers have these logs: of the run before the restart, and of the run now. An Error is thrown. */
function clusterWith(previous: string | Error, current: string | Error = '', namespace = 'shop') {
  const asked: string[] = [];
  const logs: Cluster['logs'] = async (pod, container, options) => {
    asked.push(`${pod}/${container} ${options.previous ? 'before' : 'now'}`);
    const log = options.previous ? previous : current;
    if (log instanceof Error) throw log;
    return log;
  };
  return { cluster: { namespace, logs } as Partial<Cluster> as Cluster, asked };
}

async function reported(troubles: readonly Trouble[], known: Set<string>, cluster: Cluster) {
  const lines: string[] = [];
  for await (const event of newTroubleEvents(troubles, known, cluster, new AbortController().signal)) {
    if (event.type === 'trouble') lines.push([event.reason, ...event.log].join(' | '));
  }
  return lines;
}

describe('engines/shared/troubles', () => {
  it('reports each trouble once, with the last lines of its container', async () => {
    const { cluster } = clusterWith('starting\nno database\n');
    const known = new Set<string>();
    assert.deepEqual(await reported([CRASH, NO_ROOM], known, cluster), [
      'CrashLoopBackOff | starting | no database',
      'Unschedulable',
    ]);
    assert.deepEqual(await reported([CRASH, NO_ROOM], known, cluster), []);
    assert.deepEqual(await reported([{ ...CRASH, reason: 'OOMKilled' }], known, cluster), [
      'OOMKilled | starting | no database',
    ]);
  });

  it('reports pods of the same name in two namespaces separately', async () => {
    const known = new Set<string>();
    for (const namespace of ['shop', 'test']) {
      const { cluster } = clusterWith('', '', namespace);
      assert.equal((await reported([NO_ROOM], known, cluster)).length, 1, namespace);
    }
  });

  const cases: [
    what: string,
    previous: string | Error,
    current: string | Error,
    lines: string[],
    asked: number,
  ][] = [
    ['of the run that ended', 'a\nb\n', 'c\n', ['a', 'b'], 1],
    ['of the run now, if the one before has none', ' \n', 'c\n', ['c'], 2],
    ['of the run now, if the one before cannot be read', new Error('gone'), 'c\n', ['c'], 2],
    ['none, if neither can be read: a log only helps', new Error('gone'), new Error('node away'), [], 2],
    ['the last three, if that many are wanted', '1\n2\n3\n4\n5', '', ['3', '4', '5'], 1],
  ];
  for (const [what, previous, current, lines, times] of cases) {
    it(`shows the lines ${what}`, async () => {
      const { cluster, asked } = clusterWith(previous, current);
      assert.deepEqual(await lastWords(cluster, CRASH, { lines: 3 }), lines);
      assert.equal(asked.length, times);
    });
  }

  it('asks for no log if the container never ran', async () => {
    const { cluster, asked } = clusterWith('x', 'y');
    assert.deepEqual(await lastWords(cluster, { ...CRASH, previousLog: false }), []);
    assert.deepEqual(await lastWords(cluster, NO_ROOM), []);
    assert.deepEqual(asked, []);
  });
});
