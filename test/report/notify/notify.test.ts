import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { PromotionEvent } from '../../../src/events.ts';
import type { Outcome } from '../../../src/outcome.ts';
import { createNotices, type NotifyOptions } from '../../../src/report/notify/notify.ts';

const STARTED: PromotionEvent = {
  type: 'started',
  action: 'promote',
  workload: 'deployment/web',
  namespace: 'shop',
  from: 'r/web:1',
  to: 'r/web:2',
  by: 'build 77 by ann',
};
const WRITE: PromotionEvent = { type: 'write', verb: 'create', object: 'Service/x', message: '' };
const PROMOTED: Outcome = { kind: 'promoted', reason: 'It is stable.', hints: [] };

interface Told {
  /** The paths and the first words of the texts that came. */
  got: string[];
  warnings: string[];
  ms: number;
}

/** Tells a receiver that gives these answers in turn; 0 never answers. */
async function told(
  answers: readonly number[],
  events: readonly PromotionEvent[],
  outcome: Outcome,
  over: Partial<NotifyOptions> = {},
): Promise<Told> {
  const got: string[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part;
    });
    request.on('end', () => {
      const [word = ''] = String(JSON.parse(body).text ?? 'spans').split(' ');
      got.push(`${request.url} ${word}`);
      const status = answers[Math.min(got.length, answers.length) - 1] ?? 200;
      if (status !== 0) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const warnings: string[] = [];
  const begun = Date.now();
  try {
    const notices = createNotices({
      receivers: [{ form: 'slack', url: `${address}/hook` }],
      moments: ['started', 'held', 'promoted', 'failed'],
      deployment: undefined,
      tracing: undefined,
      clock: systemClock,
      warn: (message) => warnings.push(message.replace(/127\.0\.0\.1:\d+/, 'HOST')),
      ...over,
      ...(over.tracing ? { tracing: { ...over.tracing, url: `${address}/v1/traces` } } : {}),
    });
    for (const event of events) notices.event(event, Date.now());
    await notices.closing?.(outcome, Date.now());
    return { got, warnings, ms: Date.now() - begun };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('report/notify: who is told of what', () => {
  const rows: [what: string, events: PromotionEvent[], outcome: Outcome, words: string[]][] = [
    ['a promotion', [STARTED, WRITE], PROMOTED, ['STARTED', 'PROMOTED']],
    ['a hold', [STARTED], { ...PROMOTED, kind: 'held' }, ['STARTED', 'HELD']],
    [
      'a promotion that goes on was told of already',
      [{ type: 'resumed', workload: 'deployment/web', to: 'r/web:2', stage: '50 %' }],
      PROMOTED,
      ['PROMOTED'],
    ],
    ['a rollback', [STARTED], { ...PROMOTED, kind: 'aborted' }, ['STARTED', 'ABORTED']],
    ['a refusal', [], { ...PROMOTED, kind: 'refused', code: 'rights' }, ['REFUSED']],
    ['a push, which the step is not meant for', [], { ...PROMOTED, kind: 'refused', code: 'event' }, []],
    ['a status', [], { ...PROMOTED, kind: 'shown' }, []],
    [
      'an abort of a step that runs: that step tells of it',
      [],
      { ...PROMOTED, kind: 'aborted', requested: true },
      [],
    ],
    [
      'an abort of a promotion that is held',
      [WRITE],
      { ...PROMOTED, kind: 'aborted', requested: true },
      ['ABORTED'],
    ],
  ];
  for (const [what, events, outcome, words] of rows) {
    it(`${what}: ${words.join(', ') || 'nothing'}`, async () => {
      const { got, warnings } = await told([200], events, outcome);
      assert.deepEqual(got.sort(), words.map((word) => `/hook ${word}`).sort());
      assert.deepEqual(warnings, []);
    });
  }

  const ends: [what: string, outcome: Outcome, words: string[]][] = [
    ['it took the users back', { ...PROMOTED, kind: 'aborted', requested: true }, ['ABORTED']],
    ['it went forward', PROMOTED, ['PROMOTED']],
    ['it needs a person', { ...PROMOTED, kind: 'stuck' }, ['STUCK']],
    [
      'Kubernetes started it again, and it needs a person still',
      { ...PROMOTED, kind: 'stuck', repeated: true },
      [],
    ],
    ['the promotion ended by itself', { ...PROMOTED, kind: 'shown' }, []],
    [
      'it lacks rights: the step that waits for it tells',
      { ...PROMOTED, kind: 'refused', code: 'rights' },
      [],
    ],
  ];
  for (const [what, outcome, words] of ends) {
    it(`a guard, ${what}: ${words.join(', ') || 'nothing'}`, async () => {
      const { got } = await told([200], [], outcome, { isGuard: true });
      assert.deepEqual(
        got,
        words.map((word) => `/hook ${word}`),
      );
    });
  }

  it('`notify_on` leaves moments out, but never a failure', async () => {
    const moments = ['held'] as const;
    assert.deepEqual((await told([200], [STARTED], PROMOTED, { moments })).got, []);
    const stuck: Outcome = { ...PROMOTED, kind: 'stuck' };
    assert.deepEqual((await told([200], [STARTED], stuck, { moments })).got, ['/hook STUCK']);
  });

  it('sends spans at the end if the variables of OpenTelemetry say where', async () => {
    const tracing = { url: '', traceparent: undefined };
    const { got } = await told([200], [STARTED], PROMOTED, { receivers: [], tracing });
    assert.deepEqual(got, ['/v1/traces spans']);
  });
});

describe('report/notify: receivers that are ill', () => {
  const refused: Outcome = { ...PROMOTED, kind: 'refused', code: 'rights' };

  it('tries once more if the receiver is busy, and says nothing if that works', async () => {
    const { got, warnings } = await told([503, 200], [], refused);
    assert.equal(got.length, 2);
    assert.deepEqual(warnings, []);
  });

  it('says who was not told and why, without the address, which is a secret', async () => {
    const { got, warnings } = await told([404], [], refused);
    assert.equal(got.length, 1, 'an answer is no reason to try again');
    assert.deepEqual(warnings, [
      'Slack (HOST) was not told: it answered 404. Check its address in `notify`.',
    ]);
  });

  it('waits some seconds for a receiver that does not answer', async () => {
    const { warnings, ms } = await told([0], [], refused);
    assert.match(warnings.join(), /no answer in 5s/);
    assert.ok(ms < 8_000, `${ms}`);
  });

  it('does not follow a redirect, because a POST would become a GET', async () => {
    assert.match((await told([302], [], refused)).warnings.join(), /it answered 302/);
  });

  it('says that nobody listens there', async () => {
    const { warnings } = await told([200], [], refused, {
      receivers: [{ form: 'teams', url: 'http://127.0.0.1:1/x' }],
    });
    assert.match(warnings.join(), /^Teams \(HOST\) was not told: ECONNREFUSED/);
  });
});
