import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checksOfSteps, parseFirstContact, parseMirror, parseSteps } from '../../src/settings/steps.ts';
import { load, NATIVE } from './helpers.ts';

describe('settings/steps', () => {
  it('reads weights and holds', () => {
    assert.deepEqual(parseSteps(['10% 2m', 'hold', ' 50%\t90s ', '100%']), [
      { kind: 'weight', weight: 10, holdMs: 120_000 },
      { kind: 'hold' },
      { kind: 'weight', weight: 50, holdMs: 90_000 },
      { kind: 'weight', weight: 100, holdMs: 0 },
    ]);
  });

  it('reads a hold with a time, and how many requests may fail', () => {
    assert.deepEqual(
      parseSteps([
        '10% 2m at-most 5 failures',
        'hold 30m',
        '50% until-sure 10m at-most 1 failure',
        '99% at-most 0 failures',
      ]),
      [
        { kind: 'weight', weight: 10, holdMs: 120_000, mostFailures: 5 },
        { kind: 'hold', holdMs: 1_800_000 },
        { kind: 'weight', weight: 50, holdMs: 600_000, untilSure: true, mostFailures: 1 },
        { kind: 'weight', weight: 99, holdMs: 0, mostFailures: 0 },
      ],
    );
  });

  it('reads the checks of a step, which are its last words', () => {
    assert.deepEqual(
      parseSteps([
        '10% 2m checks smoke latency-p99',
        '20% checks  smoke ',
        '50% until-sure 10m at-most 5 failures checks smoke',
        'hold 30m\tchecks smoke',
      ]),
      [
        { kind: 'weight', weight: 10, holdMs: 120_000, checks: ['smoke', 'latency-p99'] },
        { kind: 'weight', weight: 20, holdMs: 0, checks: ['smoke'] },
        { kind: 'weight', weight: 50, holdMs: 600_000, untilSure: true, mostFailures: 5, checks: ['smoke'] },
        { kind: 'hold', holdMs: 1_800_000, checks: ['smoke'] },
      ],
    );
    const named = checksOfSteps(parseSteps(['10% 1m checks a b', 'hold', '20% 1m', '30% checks b c']));
    assert.deepEqual([...named], ['a', 'b', 'c']);
  });

  it('takes no steps for none', () => assert.deepEqual(parseSteps([]), []));

  it('takes a hold first or last', () => {
    assert.deepEqual(
      parseSteps(['hold', '5% 1m', 'hold']).map(({ kind }) => kind),
      ['hold', 'weight', 'hold'],
    );
  });

  const form = /: write a weight and a time, such as 10% 2m or 10% until-sure 10m, or hold$/;
  const range = /: the weight must be from 1% to 100%$/;
  const refused: [what: string, items: string[], message: RegExp][] = [
    ['an empty step', [''], form],
    ['no percent sign', ['10 2m'], form],
    ['a blank before the percent sign', ['10 % 2m'], form],
    ['a fraction', ['2.5% 2m'], form],
    ['a sign', ['-5% 2m'], form],
    ['a third word', ['10% 2m 3m'], form],
    ['a word that is none', ['wait'], form],
    ['a pause, as other tools call it', ['pause'], /^step 1 \("pause"\): write hold instead$/],
    ['a pause with a time', ['5% 1m', 'pause 5m'], /^step 2 \("pause 5m"\): write hold instead$/],
    ['a hold with a time that is none', ['hold on'], /^step 1 \("hold on"\): "on" is not a duration/],
    ['a hold of no time', ['hold 0s'], /: write a time, such as hold 30m, or hold until a person continues$/],
    ['a hold with two times', ['hold 5m 5m'], /: write hold, or hold and a time, such as hold 30m$/],
    [
      'a limit without a number',
      ['10% 2m at-most failures'],
      /write how many requests may fail, such as at-most 5/,
    ],
    ['a limit of a share', ['10% 2m at-most 5% failures'], /write how many requests may fail/],
    ['a limit of something else', ['10% 2m at-most 5 restarts'], /write how many requests may fail/],
    ['a limit before the time', ['10% at-most 5 failures 2m'], /write how many requests may fail/],
    ['checks without a name', ['10% 2m checks'], /: write the names of its checks, such as checks smoke/],
    ['a check twice', ['10% 2m checks smoke smoke'], /: names the check "smoke" twice$/],
    [
      'a limit behind checks',
      ['10% 2m checks smoke at-most 5 failures'],
      /: at-most must not stand behind checks; the order is 10% until-sure 10m at-most 5 failures checks smoke$/,
    ],
    ['until-sure behind checks', ['10% checks a until-sure 5m'], /: until-sure must not stand behind checks/],
    ['checks twice', ['10% 2m checks smoke checks slow'], /: checks must not stand behind checks/],
    ['a time behind checks alone', ['10% checks 2m checks'], /: checks must not stand behind checks/],
    [
      'names with a comma, which Drone takes for two steps',
      ['10% 2m checks smoke', 'latency', '50% 2m'],
      /^step 2 \("latency"\): the names of checks are separated by spaces, not by commas$/,
    ],
    ['no percent sign behind a step with checks', ['10% 2m checks smoke', '50 2m'], form],
    ['checks alone', ['checks smoke'], form],
    [
      'a limit between a limit and checks',
      ['10% 2m at-most 5 checks smoke'],
      /write how many requests may fail/,
    ],
    [
      'checks of a hold that ends the run',
      ['10% 2m', 'hold checks smoke'],
      /^step 2 .*: a hold without a time measures nothing; give it one, such as hold 30m checks smoke$/,
    ],
    ['endless digits', [`${'9'.repeat(400)}% 1m`], form],
    ['0%', ['0% 2m'], range],
    ['101%', ['101% 2m'], range],
    ['a wrong duration', ['10% 2'], /^step 1 \("10% 2"\): "2" has no unit; write 2s or 2m$/],
    ['an endless duration', ['10% 9999h'], /^step 1 .*is longer than 24 days$/],
    [
      'a weight that falls',
      ['50% 1m', '20% 1m'],
      /^step 2 \("20% 1m"\): weights must rise; an earlier step has 50%$/,
    ],
    ['a weight again, after a hold', ['20% 1m', 'hold', '20% 1m'], /^step 3 .*an earlier step has 20%$/],
    ['holds alone', ['hold', 'hold'], /^has no weight/],
  ];
  for (const [what, items, message] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => parseSteps(items), { message }));
  }

  it('takes 50 steps and no more', () => {
    const steps = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}% 1s`);
    assert.equal(parseSteps(steps(50)).length, 50);
    assert.throws(() => parseSteps(steps(51)), /^Error: has 51 steps; the limit is 50$/);
  });

  it('takes all that rises, and nothing else', () => {
    const weight = fc.integer({ min: 1, max: 100 });
    const any = fc.array(weight, { minLength: 1, maxLength: 3 });
    const rising = fc
      .uniqueArray(weight, { minLength: 1, maxLength: 50 })
      .map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.oneof(any, rising), (weights) => {
        const rises = weights.every((weight, index) => index === 0 || weight > (weights[index - 1] ?? 0));
        const parse = () => parseSteps(weights.map((weight) => `${weight}% 1s`));
        if (!rises) assert.throws(parse, /weights must rise/);
        else
          assert.deepEqual(
            parse(),
            weights.map((weight) => ({ kind: 'weight', weight, holdMs: 1000 })),
          );
      }),
    );
  });
});

describe('settings/steps parseFirstContact', () => {
  it('reads a share and a time, and words for none', () => {
    assert.deepEqual(parseFirstContact('1% 10s'), { weight: 1, ms: 10_000 });
    assert.deepEqual(parseFirstContact(' 2 %  1m '), { weight: 2, ms: 60_000 });
    for (const none of ['false', 'no', 'off', '0', '0%']) assert.equal(parseFirstContact(none), false);
  });

  it('refuses another form', () => {
    for (const wrong of ['', '1%', '10s', '100% 10s', '1% soon', 'true'])
      assert.throws(() => parseFirstContact(wrong), Error, wrong);
  });

  it('is a setting that can be switched off', () => {
    assert.equal(load({ ...NATIVE, first_contact: 'false' }).first_contact, false);
  });
});

describe('settings/steps parseMirror', () => {
  it('reads a share and a time, and words for none', () => {
    assert.deepEqual(parseMirror('10% 30s'), { percent: 10, ms: 30_000 });
    assert.deepEqual(parseMirror('100% 1m'), { percent: 100, ms: 60_000 });
    for (const none of ['false', '0%']) assert.equal(parseMirror(none), false);
  });

  it('refuses another form, and copies without a time', () => {
    for (const wrong of ['10%', '30s', '101% 10s', '10% soon', '10% 0s', 'https://mirror.example.com'])
      assert.throws(() => parseMirror(wrong), Error, wrong);
  });
});
