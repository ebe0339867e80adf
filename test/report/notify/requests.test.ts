import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PromotionEvent } from '../../../src/events.ts';
import type { Outcome } from '../../../src/outcome.ts';
import { factsOf, noStory, withEvent } from '../../../src/report/facts/fold.ts';
import type { Moment, Notice, NoticeRequest } from '../../../src/report/notify/notice.ts';
import { type Receiver, requestOf } from '../../../src/report/notify/requests.ts';

const AT = Date.parse('2026-11-29T12:10:00Z');
const EVENTS: PromotionEvent[] = [
  {
    type: 'run',
    version: '0.1.0',
    build: {
      number: '77',
      link: 'https://drone.example.com/shop/web/77',
      repository: 'shop/web',
      commit: '3f2c9a1',
      target: 'production',
      who: 'ann',
    },
    settings: [],
  },
  {
    type: 'started',
    action: 'promote',
    workload: 'deployment/web',
    namespace: 'shop',
    from: 'r:5000/shop/web:1.4.1',
    to: 'r:5000/shop/web:1.4.2',
    by: 'build 77 by ann',
  },
];
const OUTCOMES: Readonly<Record<Exclude<Moment, 'started'>, Outcome>> = {
  held: {
    kind: 'held',
    reason: 'Waits for a person at 25 %.',
    hints: ['Go on with:\ndrone build promote shop/web 77 production'],
  },
  promoted: {
    kind: 'promoted',
    reason: 'r:5000/shop/web:1.4.2 is the stable version.',
    hints: ['See: kubectl get deployment web'],
    from: 'r:5000/shop/web:1.4.1',
    to: 'r:5000/shop/web:1.4.2',
    digest: 'sha256:0b31b1',
    watched: ['the access log'],
  },
  failed: { kind: 'aborted', reason: '9 of 20 <b>requests</b> failed.', hints: ['kubectl logs web-canary'] },
};

function notice(moment: Moment, over: Partial<Outcome> = {}): Notice {
  const story = EVENTS.reduce((so, event, index) => withEvent(so, event, AT - 600_000 + index), noStory());
  const outcome = moment === 'started' ? undefined : { ...OUTCOMES[moment], ...over };
  return { moment, at: AT, facts: factsOf(story, outcome, AT) };
}

function request(receiver: Receiver, moment: Moment, deployment = '42', over = {}): NoticeRequest {
  const made = requestOf(receiver, notice(moment, over), deployment);
  assert.ok(made);
  return made;
}

describe('report/notify: Slack', () => {
  const slack: Receiver = { form: 'slack', url: 'https://hooks.slack.example/services/T0/B0/key' };
  const rows: [moment: Moment, text: string, color: string, said: RegExp][] = [
    [
      'started',
      'STARTED deployment/web in shop',
      '#808080',
      /1\.4\.1 → r:5000\/shop\/web:1\.4\.2, by build 77/,
    ],
    [
      'held',
      'HELD deployment/web in shop',
      'warning',
      /Waits for a person at 25 %\.[\s\S]*drone build promote/,
    ],
    ['promoted', 'PROMOTED deployment/web in shop', 'good', /is the stable version/],
    ['failed', 'ABORTED deployment/web in shop', 'danger', /failed\.[\s\S]*kubectl logs web-canary/],
  ];
  for (const [moment, text, color, said] of rows) {
    it(`${moment}: a text for the notification, the reason, and the next command if there is one`, () => {
      // biome-ignore lint/suspicious/noExplicitAny: a body of JSON
      const body = request(slack, moment).body as any;
      assert.equal(body.text, text);
      assert.equal(body.attachments[0].color, color);
      assert.match(body.attachments[0].text, said);
      assert.equal(body.attachments[0].title_link, 'https://drone.example.com/shop/web/77');
    });
  }

  it('gives no command after a good end, because there is nothing to do', () => {
    assert.doesNotMatch(JSON.stringify(request(slack, 'promoted').body), /kubectl/);
  });

  it('escapes what Slack reads as markup', () => {
    assert.match(JSON.stringify(request(slack, 'failed').body), /&lt;b&gt;requests&lt;\/b&gt;/);
  });

  it('is shorter than Slack cuts off', () => {
    // biome-ignore lint/suspicious/noExplicitAny: a body of JSON
    const body = request(slack, 'failed', '42', { hints: Array(200).fill('x'.repeat(500)) }).body as any;
    assert.ok(body.attachments[0].text.length < 4_000);
  });
});

describe('report/notify: Teams', () => {
  it('is a message with one adaptive card, without a template', () => {
    const teams: Receiver = { form: 'teams', url: 'https://flow.example/x' };
    for (const moment of ['started', 'held', 'promoted', 'failed'] as const) {
      // biome-ignore lint/suspicious/noExplicitAny: a body of JSON
      const body = request(teams, moment).body as any;
      const [{ contentType, content }] = body.attachments;
      assert.equal(body.type, 'message');
      assert.equal(contentType, 'application/vnd.microsoft.card.adaptive');
      assert.equal(content.type, 'AdaptiveCard');
      assert.match(content.body[0].text, /^(STARTED|HELD|PROMOTED|ABORTED) deployment\/web in shop$/);
      assert.doesNotMatch(JSON.stringify(content), /\$\{/);
      assert.equal(/Next/.test(JSON.stringify(content)), moment === 'held' || moment === 'failed');
      for (const { title, value } of content.body.find((each: { type: string }) => each.type === 'FactSet')
        .facts)
        assert.ok(title && value);
    }
  });
});

describe('report/notify: CloudEvents', () => {
  const receiver: Receiver = { form: 'cloudevents', url: 'https://events.example/' };
  const rows: [what: string, moment: Moment, type: string][] = [
    ['a promotion began', 'started', 'dev.cdeventsx.dronepromote-promotion.started.0.1.0'],
    ['it waits', 'held', 'dev.cdeventsx.dronepromote-promotion.held.0.1.0'],
    ['it is out', 'promoted', 'dev.cdevents.service.upgraded.0.3.0'],
    ['production is as it was', 'failed', 'dev.cdeventsx.dronepromote-promotion.failed.0.1.0'],
  ];
  for (const [what, moment, type] of rows) {
    it(`${what}: ${type}`, () => {
      const { headers, body } = request(receiver, moment);
      // biome-ignore lint/suspicious/noExplicitAny: a body of JSON
      const { context, subject, ...rest } = body as any;
      assert.equal(headers['ce-type'], type);
      assert.equal(headers['ce-specversion'], '1.0');
      assert.equal(headers['ce-time'], '2026-11-29T12:10:00.000Z');
      assert.deepEqual(context, {
        specversion: '0.5.1',
        id: headers['ce-id'],
        source: '/drone-promote/shop/web',
        type,
        timestamp: '2026-11-29T12:10:00.000Z',
      });
      assert.equal(subject.id, 'shop/deployment/web');
      assert.deepEqual(subject.content.environment, { id: 'production' });
      assert.equal(rest.customData.commit, '3f2c9a1');
    });
  }

  it('a service that was upgraded has the fields of CDEvents and no other', () => {
    // biome-ignore lint/suspicious/noExplicitAny: a body of JSON
    const { subject } = request(receiver, 'promoted').body as any;
    assert.deepEqual(Object.keys(subject.content).sort(), ['artifactId', 'environment']);
    assert.equal(
      subject.content.artifactId,
      'pkg:oci/web@sha256%3A0b31b1?repository_url=r:5000/shop/web&tag=1.4.2',
    );
  });

  it('has the same id if it is sent again, and another one for another moment', () => {
    const ids = (['started', 'promoted', 'promoted'] as const).map(
      (moment) => request(receiver, moment).headers['ce-id'],
    );
    assert.equal(ids[1], ids[2]);
    assert.notEqual(ids[0], ids[1]);
  });
});

describe('report/notify: Grafana and GitHub', () => {
  it('an annotation covers the time of the promotion', () => {
    const { url, headers, body } = request(
      { form: 'grafana', url: 'https://x:glsa_key@grafana.example/' },
      'promoted',
    );
    assert.equal(url, 'https://grafana.example/api/annotations');
    assert.equal(headers.Authorization, 'Bearer glsa_key');
    const { time, timeEnd, tags } = body as { time: number; timeEnd: number; tags: string[] };
    assert.deepEqual([time, timeEnd], [AT - 600_000, AT]);
    assert.deepEqual(tags, ['drone-promote', 'promoted', 'deployment/web']);
  });

  const states: [moment: Moment, state: string][] = [
    ['started', 'in_progress'],
    ['held', 'in_progress'],
    ['promoted', 'success'],
    ['failed', 'failure'],
  ];
  const github: Receiver = { form: 'github', url: 'https://x:ghp_key@api.github.example' };
  for (const [moment, state] of states) {
    it(`${moment} is the state ${state} of the deployment`, () => {
      const { url, headers, body } = request(github, moment);
      assert.equal(url, 'https://api.github.example/repos/shop/web/deployments/42/statuses');
      assert.equal(headers.Authorization, 'Bearer ghp_key');
      const { description, ...rest } = body as { state: string; description: string };
      assert.equal(rest.state, state);
      assert.ok(description.length <= 140);
    });
  }

  it('has no place for a build that belongs to no deployment: Drone writes 0', () => {
    for (const deployment of [undefined, '', '0'])
      assert.equal(requestOf(github, notice('promoted'), deployment), undefined);
  });
});
