import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settingsLines, windowLines } from '../../src/check/before-cluster.ts';
import { type GuardFacts, guardLines, imageLines } from '../../src/check/image.ts';
import { keelLine } from '../../src/check/keel.ts';
import { type CheckLine, fault, note, ok, outcomeOf } from '../../src/check/line.ts';
import { linesOf } from '../../src/check/rehearsal.ts';
import type { Build } from '../../src/ci/build.ts';
import { PromoteError } from '../../src/errors.ts';
import { exitCodeOf } from '../../src/outcome.ts';
import { load, NATIVE } from '../settings/helpers.ts';

/** A line in short: `fault guard: …`. */
const short = ({ area, state, detail, help }: CheckLine) =>
  `${state} ${area}: ${detail}${help === undefined ? '' : ` > ${help}`}`;

describe('check/line: how a check ends', () => {
  const bad = fault('rights', 'rights', 'x');
  const table: [what: string, lines: CheckLine[], exit: number, reason: RegExp][] = [
    ['well', [ok('a', 'x')], 0, /^The check found nothing that would stop a promotion\. Nothing/],
    ['well, with notes', [ok('a', 'x'), note('b', 'x'), note('b', 'y')], 0, /, and has 2 notes\./],
    ['with a fault', [ok('a', 'x'), bad], 2, /^The check found 1 fault: rights\./],
    [
      'with several, each area once',
      [bad, fault('image', 'image', 'x'), bad],
      2,
      /3 faults: rights, image\./,
    ],
  ];
  for (const [what, lines, exit, reason] of table) {
    it(what, () => {
      const outcome = outcomeOf(lines);
      assert.equal(exitCodeOf(outcome), exit);
      assert.match(outcome.reason, reason);
      assert.equal(outcome.code, exit === 2 ? 'rights' : undefined);
    });
  }
});

describe('check/before-cluster: the window', () => {
  const promotion = { event: 'promote' } as Build;
  const settings = { ...NATIVE, window: 'Mon-Thu 08:00-17:00 Europe/Berlin' };
  const sunday = Date.parse('2026-11-29T21:13Z');

  it('has a line only if one is set', () =>
    assert.deepEqual(windowLines(promotion, load(NATIVE), sunday), []));
  it('is open', () =>
    assert.deepEqual(windowLines(promotion, load(settings), sunday + 86_400_000 / 2).map(short), [
      'ok window: A release may go out now.',
    ]));
  it('is closed: a note, because it opens by itself', () => {
    const [line] = windowLines(promotion, load(settings), sunday).map(short);
    assert.match(
      line ?? '',
      /^note window: Nothing goes .* It opens Mon 2026-11-30 08:00 .* > Promote again then/,
    );
  });
  it('keeps no rollback', () =>
    assert.deepEqual(
      windowLines({ event: 'rollback' } as Build, load({ ...settings, action: 'rollback' }), sunday),
      [],
    ));
});

describe('check/before-cluster: the settings', () => {
  const settings = load(NATIVE);
  it('says how many there are, and the engine', () =>
    assert.deepEqual(settingsLines(settings, [], 2).map(short), [
      'ok settings: 2 are set, for the engine native',
    ]));

  it('has one line for each fault, with the command that explains the setting', () =>
    assert.deepEqual(
      settingsLines(settings, ['`timeout` "5" has no unit.', '`stepz` is not a setting.'], 2).map(short),
      [
        'fault settings: `timeout` "5" has no unit. > drone-promote settings timeout',
        'fault settings: `stepz` is not a setting. > drone-promote settings',
      ],
    ));
});

describe('check/image: the guard', () => {
  const facts: GuardFacts = {
    image: 'r/p:1',
    found: 'public',
    reason: 'it does not answer',
    namespace: 'shop',
    account: 'guard',
    secrets: 'unreadable',
  };
  const PATCH = `kubectl -n shop patch serviceaccount guard -p '{"imagePullSecrets":[{"name":"SECRET"}]}'`;
  const table: [what: string, facts: Partial<GuardFacts>, ...lines: string[]][] = [
    ['a public image', {}, 'ok guard: r/p:1'],
    [
      'an image that is not there',
      { found: 'missing' },
      "fault guard: The guard's image r/p:1 is not in its registry. > Set guard_image to the same value as `image:` of the step.",
    ],
    [
      'a registry that is silent',
      { found: 'unknown' },
      'note guard: Whether r/p:1 exists is not known: it does not answer',
    ],
    [
      'a private one with a pull secret',
      { found: 'private', secrets: ['pull'] },
      'ok guard: r/p:1, by the pull secret of its account',
    ],
    [
      'a private one without',
      { found: 'private', secrets: [] },
      `fault guard: r/p:1 needs credentials, but ServiceAccount guard has no pull secret. > ${PATCH}`,
    ],
    [
      'a private one, and nobody may look',
      { found: 'private' },
      `note guard: r/p:1 needs credentials; the guard's pods have them if their account has a pull secret. > ${PATCH}`,
    ],
    [
      'no account',
      { secrets: undefined },
      'fault guard: There is no ServiceAccount guard in namespace shop. > rbac',
    ],
  ];
  for (const [what, more, ...lines] of table) {
    it(what, () => assert.deepEqual(guardLines({ ...facts, ...more }, 'rbac').map(short), lines));
  }
});

describe('check/image: the release', () => {
  it('has what the registry says, what is noted, and what would refuse it', () => {
    const lines = imageLines({
      events: [
        { type: 'image', image: 'r/web:1', message: 'sha256:1 for linux/amd64' },
        { type: 'warning', message: 'It is old.' },
        { type: 'debug', message: '2 requests' },
      ],
      error: new PromoteError('image', 'There is no image.', { hint: 'Push it.' }),
    });
    assert.deepEqual(lines.map(short), [
      'ok image: sha256:1 for linux/amd64',
      'note image: It is old.',
      'fault image: There is no image. > Push it.',
    ]);
  });
});

describe('check/keel', () => {
  const table: [what: string, reply: Parameters<typeof keelLine>[1], hasAuth: boolean, line: RegExp][] = [
    ['a version', { kind: 'ok', value: '0.21.1' }, false, /^ok keel: keel:9300 answers, version 0\.21\.1$/],
    ['no admin API', { kind: 'absent' }, false, /^ok keel: keel:9300 answers$/],
    ['wrong credentials', { kind: 'denied' }, true, /^fault keel: keel:9300 does not accept `username`/],
    [
      'no credentials',
      { kind: 'denied' },
      false,
      /^fault keel: keel:9300 wants credentials\. > Set username/,
    ],
    [
      'a refused connection',
      { kind: 'down', reason: 'ECONNREFUSED' },
      false,
      /^fault keel: .*ECONNREFUSED\. > /,
    ],
    ['a proxy', { kind: 'down', reason: 'status 403' }, false, /^note keel: .*status 403 at \/version\.$/],
  ];
  for (const [what, reply, hasAuth, line] of table) {
    it(what, () => assert.match(short(keelLine('keel:9300', reply, hasAuth)), line));
  }
});

describe('check/rehearsal: what the engine says', () => {
  const settings = { unwatched: 'refuse', checks: undefined } as const;
  const refusal = (...[code, message]: ConstructorParameters<typeof PromoteError>) =>
    linesOf({ events: [], error: new PromoteError(code, message) }, settings).map(short);

  it('takes plan, warnings and watchers of its dry run, and leaves the diffs', () => {
    const watchers = [
      { name: 'the log', state: 'watches', detail: '3 requests' },
      { name: 'the counters', state: 'unavailable', detail: 'off' },
    ];
    const lines = linesOf(
      {
        events: [
          { type: 'plan', title: 'Deployment/web', lines: ['a → b'] },
          { type: 'warning', message: 'Sticky.' },
          { type: 'watchers', watchers },
          { type: 'diff', object: 'Service/web-canary', verb: 'create', lines: [] },
        ],
        outcome: { kind: 'shown', reason: '', hints: [] },
      },
      settings,
    );
    assert.deepEqual(
      lines.map((line) => [short(line), ...(line.more ?? [])]),
      [
        ['ok plan: Deployment/web', 'a → b'],
        ['note plan: Sticky.'],
        [
          'ok watchers: A bad release would be noticed by:',
          'the log: 3 requests',
          'not by the counters: off',
        ],
      ],
    );
  });

  const table: [code: ConstructorParameters<typeof PromoteError>[0], area: string][] = [
    ['container', 'workload'],
    ['ingress', 'route'],
    ['unwatched', 'watchers'],
    ['check', 'checks'],
    ['admission', 'admission'],
    ['keel-takers', 'keel'],
    ['baseline', 'plan'],
  ];
  for (const [code, area] of table) {
    it(`a refusal \`${code}\` is a fault of ${area}`, () =>
      assert.deepEqual(refusal(code, 'No.'), [`fault ${area}: No.`]));
  }

  it('leaves rights to the line that names all of them', () =>
    assert.deepEqual(refusal('rights', 'x'), ['note plan: It was not made, because rights are missing.']));

  it('takes an outcome that refuses as well', () => {
    const outcome = { kind: 'refused', code: 'keel-takers', reason: 'No.', hints: ['A.', 'B.'] } as const;
    assert.deepEqual(linesOf({ events: [], outcome }, settings).map(short), ['fault keel: No. > A.\nB.']);
  });
});
