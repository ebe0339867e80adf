import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as adaptive from 'adaptivecards-templating';
import fc from 'fast-check';
import type { PromotionEvent } from '../../../src/events.ts';
import type { Outcome } from '../../../src/outcome.ts';
import { type CardData, cardData } from '../../../src/report/card/data.ts';
import { TEMPLATE, templateUrl } from '../../../src/report/card/template.ts';
import { factsOf, noStory, withEvent } from '../../../src/report/facts/fold.ts';
import { factsFrom, story } from '../facts/random-stories.ts';
import { promotion } from '../facts/stories.ts';

/** The card as Drone's page makes it. */
function expanded(data: CardData): string {
  return JSON.stringify(new adaptive.Template(TEMPLATE).expand({ $root: data }));
}

function dataOf(outcome: Outcome, events: readonly PromotionEvent[] = []): CardData {
  const told = events.reduce((so, event) => withEvent(so, event, 0), noStory());
  return cardData(factsOf(told, outcome, 0));
}

const PROMOTED: Outcome = { kind: 'promoted', reason: 'web:1.4.2 is the stable version.', hints: [] };

describe('report/card', () => {
  const colors: [outcome: Partial<Outcome>, word: string, color: CardData['color']][] = [
    [{ kind: 'promoted' }, 'PROMOTED', 'Good'],
    [{ kind: 'held' }, 'HELD', 'Warning'],
    [{ kind: 'aborted' }, 'ABORTED', 'Attention'],
    [{ kind: 'aborted', requested: true }, 'ABORTED', 'Default'],
    [{ kind: 'superseded' }, 'SUPERSEDED', 'Warning'],
    [{ kind: 'refused' }, 'REFUSED', 'Attention'],
    [{ kind: 'stuck' }, 'STUCK', 'Attention'],
    [{ kind: 'shown' }, 'SHOWN', 'Default'],
  ];
  for (const [over, word, color] of colors) {
    it(`${word}${over.requested ? ' on request' : ''} is ${color}`, () => {
      const data = dataOf({ ...PROMOTED, ...over });
      assert.deepEqual([data.word, data.color], [word, color]);
    });
  }

  it('says from, to, who, how long, and what was measured', () => {
    const { events, outcome, at } = promotion(60);
    const told = events.reduce((so, [event, when]) => withEvent(so, event, when), noStory());
    const data = cardData(factsOf(told, outcome, at));
    const facts = new Map(data.facts.map(({ title, value }) => [title, value]));
    assert.equal(facts.get('From'), '192.0.2.10:5000/shop/web:1.4.1');
    assert.equal(facts.get('To'), '192.0.2.10:5000/shop/web:1.4.2');
    assert.equal(facts.get('Workload'), 'deployment/web in namespace shop');
    assert.equal(facts.get('Promoted by'), 'build 77 by ann');
    assert.match(facts.get('5 %') ?? '', /^\d[\d,]* of \d[\d,]* requests .* on the canary/);
    assert.deepEqual(data.links, [{ title: 'Build 77', url: 'https://drone.example.com/shop/web/77' }]);
    const card = expanded(data);
    for (const text of [data.word, 'Build 77', 'deployment/web in namespace shop'])
      assert.ok(card.includes(text), text);
  });

  it('shows the commands of the hints as lines of their own, and no heading without them', () => {
    const data = dataOf({ ...PROMOTED, hints: ['Go on with:\ndrone build promote shop/web 77 production'] });
    assert.deepEqual(data.next, ['Go on with:', 'drone build promote shop/web 77 production']);
    assert.ok(expanded(data).includes('"Next"'));
    assert.ok(!expanded(dataOf(PROMOTED)).includes('"Next"'));
  });

  it('makes no link of a text', () => {
    const { reason } = dataOf({ ...PROMOTED, reason: 'pod says [click](https://evil.example)' });
    assert.equal(reason, 'pod says [click] (https://evil.example)');
  });

  it('has a template that Drone can keep: below 2,000 characters', () => {
    assert.ok(templateUrl().length < 2_000, `${templateUrl().length}`);
    const [head, text = ''] = templateUrl().split(',');
    assert.equal(head, 'data:application/json;base64');
    assert.deepEqual(JSON.parse(Buffer.from(text, 'base64').toString()), TEMPLATE);
  });

  it('fills every field of the template and stays below 60 KB, for any story', () => {
    fc.assert(
      fc.property(story, (given) => {
        const data = cardData(factsFrom(given));
        assert.ok(Buffer.byteLength(JSON.stringify({ schema: templateUrl(), data })) < 60_000);
        const card = JSON.parse(expanded(data));
        // a text of the data is no template, so only names of the template's own fields are looked for
        const left = JSON.stringify(card).match(/\$\{(word|color|reason|title|value|heading|url|\$data)\}/g);
        assert.equal(left, null);
        for (const { url } of card.actions ?? []) assert.match(url, /^https?:\/\//i);
      }),
      { numRuns: 200 },
    );
  });
});
