import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { runCommand } from '../../src/cli/run-command.ts';
import {
  approvalDetails,
  approvalRows,
  approveCommand,
  keelsOf,
  lookAtKeels,
  type Waiting,
} from '../../src/watch/keel.ts';
import { type Screen, terminalScreen } from '../../src/watch/screen.ts';
import { watch } from '../../src/watch/watch.ts';
import type { Approval as KeelRecord } from '../sim/keel/records.ts';
import { type KeelServer, startKeel } from '../sim/keel.ts';

const AUTH = { username: 'ann', password: 'pa55word' };
const AT = Date.parse('2026-11-28T20:10:00Z');

const recordOf = (over: Partial<KeelRecord> = {}): KeelRecord => ({
  id: 'a1',
  archived: false,
  provider: 'kubernetes',
  identifier: 'deployment/shop/web:1.4.2',
  event: {
    repository: { host: '', name: 'team/web', tag: '1.4.2', digest: '' },
    createdAt: '2026-11-28T20:07:00Z',
    triggerName: 'native',
  },
  message: '',
  currentVersion: '1.4.1',
  newVersion: '1.4.2',
  digest: '',
  votesRequired: 2,
  votesReceived: 1,
  voters: { bob: '2026-11-28T20:08:00Z' },
  rejected: false,
  deadline: '2099-11-28T23:02:00Z',
  createdAt: '2026-11-28T20:07:00Z',
  updatedAt: '2026-11-28T20:08:00Z',
  ...over,
});

async function withKeel(story: (keel: KeelServer) => Promise<void>, auth: typeof AUTH | null = AUTH) {
  const keel = await startKeel(auth ? { basicAuth: auth } : {});
  try {
    await story(keel);
  } finally {
    await keel.close();
  }
}

const settingsFor = (...args: string[]) => {
  const { watch: asked, err } = runCommand(['watch', ...args], {});
  assert.ok(asked, err);
  return asked;
};
const flags = (keel: KeelServer) => ['--urls', keel.webhook, '--username', 'ann', '--password', 'pa55word'];

describe('watch/keel', () => {
  it('finds the approvals that wait, with votes, age, deadline, and how to vote', () =>
    withKeel(async (keel) => {
      keel.records.approvals.push(recordOf());
      const { waiting, unread } = await lookAtKeels(keelsOf(settingsFor(...flags(keel)).settings), {});
      assert.deepEqual(unread, []);
      const [row] = approvalRows(waiting, AT);
      const host = new URL(keel.url).host;
      assert.equal(
        row?.text,
        `${host}  deployment/shop/web:1.4.2  waits for votes: 1 of 2 votes (bob), until 2099-11-28 23:02 UTC`,
      );
      assert.deepEqual([row?.soft, row?.tone, row?.link], ['for 3m', 'wait', `${keel.url}/`]);
      const [detail = ''] = approvalDetails(waiting);
      assert.ok(detail.startsWith(`to approve deployment/shop/web:1.4.2: ${keel.url}/ or curl -u 'ann' `));
      assert.doesNotMatch(JSON.stringify(approvalRows(waiting, AT)) + detail, /pa55word/);
    }));

  it('its command is what Keel takes as a vote', () =>
    withKeel(async (keel) => {
      keel.records.approvals.push(recordOf({ voters: {}, votesReceived: 0 }));
      const [one] = (await lookAtKeels(keelsOf(settingsFor(...flags(keel)).settings), {})).waiting;
      assert.ok(one);
      // as a shell splits it; curl itself would ask for the password
      const { stdout } = spawnSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }; ${approveCommand(one)}`], {
        encoding: 'utf8',
      });
      const [, , , body = '', url = ''] = stdout.split('\n');
      const authorization = `Basic ${Buffer.from('ann:pa55word').toString('base64')}`;
      // curl's own content type for -d
      const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
      const { status } = await fetch(url, { method: 'POST', headers, body });
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(keel.records.approvals[0]?.voters ?? {}), ['ann']);
    }));

  it('what is in an identifier cannot leave the quotes of the command', () => {
    const keel = { admin: { host: 'k' }, page: 'http://k/', username: "a'; echo no" };
    const evil = { keel, approval: { id: "';echo no;'", identifier: '$(echo no)' } } as unknown as Waiting;
    const { stdout } = spawnSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }; ${approveCommand(evil)}`], {
      encoding: 'utf8',
    });
    const [, user, , body = ''] = stdout.split('\n');
    assert.equal(user, "a'; echo no");
    assert.deepEqual([JSON.parse(body).id, JSON.parse(body).identifier], ["';echo no;'", '$(echo no)']);
  });

  const closed: [what: string, over: Partial<KeelRecord>][] = [
    ['archived', { archived: true }],
    ['rejected', { rejected: true }],
    ['has its votes', { votesReceived: 2 }],
    ['of another namespace', { identifier: 'deployment/other/web:1.4.2' }],
    ['of another workload', { identifier: 'deployment/shop/api:1.4.2' }],
    ['of another kind', { identifier: 'daemonset/shop/web:1.4.2' }],
  ];
  for (const [what, over] of closed)
    it(`leaves out one that is ${what}`, () =>
      withKeel(async (keel) => {
        keel.records.approvals.push(recordOf(over));
        const keels = keelsOf(settingsFor(...flags(keel)).settings);
        const wanted = { namespace: 'shop', workload: { kind: 'deployment', name: 'web' } };
        const { waiting, unread } = await lookAtKeels(keels, wanted);
        assert.deepEqual([waiting, unread], [[], []]);
      }));

  const away: [what: string, args: (keel: KeelServer) => string[], auth: typeof AUTH | null, why: RegExp][] =
    [
      [
        'denies',
        (keel) => ['--urls', keel.webhook, '--username', 'ann', '--password', 'wrong'],
        AUTH,
        /password is wrong/,
      ],
      ['has no admin API', flags, null, /it has no admin API/],
      ['is away', () => ['--urls', 'http://127.0.0.1:1/v1/webhooks/native'], AUTH, /ECONNREFUSED/],
    ];
  for (const [what, args, auth, why] of away)
    it(`says so if a Keel ${what}, and shows the others`, () =>
      withKeel(async (good) => {
        good.records.approvals.push(recordOf());
        await withKeel(async (bad) => {
          const keels = [flags(good), args(bad)].flatMap((each) => keelsOf(settingsFor(...each).settings));
          const { waiting, unread } = await lookAtKeels(keels, {});
          assert.equal(waiting.length, 1);
          assert.match(unread.join(), why);
        }, auth);
      }));

  it('needs no cluster', () =>
    withKeel(async (keel) => {
      const asked = settingsFor(...flags(keel));
      assert.equal(asked.isKeelOnly, true);
      let text = '';
      const cancel = new AbortController();
      const inner = terminalScreen(
        (more) => {
          text += more;
        },
        () => ({ columns: 200, rows: 24 }),
        false,
      );
      const pictures: Parameters<Screen['show']>[0][] = [];
      const screen: Screen = {
        show(picture) {
          pictures.push(picture);
          inner.show(picture);
          if (pictures.length === 1) keel.records.approvals.push(recordOf());
          else cancel.abort();
        },
      };
      const clock = { now: () => AT, monotonic: () => 0, sleep: async () => {} };
      const request = { access: undefined, keels: keelsOf(asked.settings), untilDone: false };
      assert.equal(await watch(request, { clock, signal: cancel.signal, screen }), 0);
      assert.match(text, /20:10:00 no approval waits for votes at Keel\n/);
      assert.match(
        text,
        /20:10:00 1 approval waits for votes at Keel\n127\S+ {2}deployment\/shop\/web:1\.4\.2 {2}waits/,
      );
    }));

  it('`--until-done` waits for an approval, and ends with 1 if it is rejected', () =>
    withKeel(async (keel) => {
      keel.records.approvals.push(recordOf());
      let looks = 0;
      const screen: Screen = {
        show() {
          looks += 1;
          if (looks === 3) keel.records.approvals.splice(0, 1, recordOf({ rejected: true }));
        },
      };
      const clock = { now: () => AT, monotonic: () => 0, sleep: async () => {} };
      const request = {
        access: undefined,
        keels: keelsOf(settingsFor(...flags(keel)).settings),
        untilDone: true,
      };
      assert.equal(await watch(request, { clock, signal: new AbortController().signal, screen }), 1);
      assert.equal(looks, 4);
    }));

  const places: [what: string, args: string[], env: Record<string, string>, isKeelOnly: boolean][] = [
    ['with a kubeconfig', ['--urls', 'http://k/v1/webhooks/native', '--kubeconfig', 'k'], {}, false],
    ['in a pod', ['--urls', 'http://k/v1/webhooks/native'], { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, false],
    ['at a desk without a kubeconfig', ['--urls', 'http://k/v1/webhooks/native'], {}, true],
    ['without Keel', [], {}, false],
  ];
  for (const [what, args, env, isKeelOnly] of places)
    it(`looks at Keel alone: ${isKeelOnly}, ${what}`, () =>
      assert.equal(runCommand(['watch', ...args], env).watch?.isKeelOnly, isKeelOnly));
});
