import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { PromotionEvent } from '../../src/events.ts';
import { createLog, type LogOptions } from '../../src/report/log.ts';
import type { Reporter } from '../../src/report/reporter.ts';

const NOON = Date.parse('2026-11-24T12:00:00.400Z');

/** What a log prints. */
function printed(tell: (log: Reporter) => void, over: Partial<LogOptions> = {}): string {
  let text = '';
  const log = createLog({
    level: 'info',
    format: 'pretty',
    colour: false,
    write: (part) => {
      text += part;
    },
    ...over,
  });
  tell(log);
  return text;
}

const note = (message: string): PromotionEvent => ({ type: 'note', message });
const trouble: PromotionEvent = {
  type: 'trouble',
  pod: 'web-canary-x',
  container: 'app',
  reason: 'CrashLoopBackOff',
  message: 'exit code 1',
  log: ['starting', 'cannot open database'],
};
const ONE_OF_EACH_LEVEL: [level: string, event: PromotionEvent][] = [
  ['debug', { type: 'debug', message: 'x' }],
  ['info', note('x')],
  ['warn', { type: 'warning', message: 'x' }],
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe('report/log: pretty', () => {
  it('has a column for the time, one for the word, and what belongs to a line below it', () => {
    const text = printed((log) => {
      log.event({ type: 'stage', index: 0, count: 7, kind: 'weight', name: '10 %' }, NOON);
      log.event(trouble, NOON);
      log.outcome(
        { kind: 'promoted', reason: 'It is stable.\n4 pods.', hints: ['Look:\nkubectl get pods'] },
        NOON,
      );
    });
    assert.equal(
      text,
      [
        '12:00:00 stage     10 % (1 of 7)',
        '12:00:00 trouble   CrashLoopBackOff in web-canary-x, container app',
        '                   exit code 1',
        '                   its last lines:',
        '                   | starting',
        '                   | cannot open database',
        '12:00:00 PROMOTED  It is stable.',
        '                   4 pods.',
        '                   Look:',
        '                   kubectl get pods',
        '',
      ].join('\n'),
    );
  });

  it('says once a minute where a wait stands, and only if nothing else was printed meanwhile', () => {
    const counted: PromotionEvent = { type: 'counted', stage: '10 %', weight: 10, comparisons: [] };
    const text = printed((log) => {
      log.event({ type: 'holding', reason: 'step', stage: '10 %', weight: 10, ms: 300_000 }, NOON);
      for (let second = 1; second <= 130; second += 1) {
        log.event(counted, NOON + second * 1_000);
        if (second === 100) log.event(note('a note'), NOON + second * 1_000);
      }
      log.idle?.(NOON + 170_000);
    });
    assert.equal(
      text,
      [
        '12:00:00 holding   5m, at 10 %',
        '12:01:00 still     at 10 %: 4m left',
        '12:01:40 note      a note',
        '12:02:50 still     at 10 %: 2m10s left',
        '',
      ].join('\n'),
    );
  });

  it('keeps the columns where a message has several lines', () => {
    const text = printed((log) => {
      log.event(note('Aborted.\nProduction is as it was.'), NOON);
      log.event({ ...trouble, message: 'rpc error:\nnot found', log: [] }, NOON);
    });
    assert.equal(
      text,
      [
        '12:00:00 note      Aborted.',
        '                   Production is as it was.',
        '12:00:00 trouble   CrashLoopBackOff in web-canary-x, container app',
        '                   rpc error:',
        '                   not found',
        '',
      ].join('\n'),
    );
  });

  it('is no wider than its text: nothing is padded at the end', () => {
    const text = printed((log) => {
      log.event(note(''), NOON);
      log.event({ type: 'diff', verb: 'create', object: 'Service/web', lines: ['+a: |', '', ' '] }, NOON);
      log.event({ ...trouble, log: ['', 'x  '] }, NOON);
    });
    for (const line of text.split('\n')) assert.equal(line, line.trimEnd());
  });

  it('colours the word alone, by level, and moves no cursor', () => {
    const text = printed(
      (log) => {
        log.event({ type: 'debug', message: 'd' }, NOON);
        log.event(note('n'), NOON);
        log.event({ type: 'warning', message: 'w' }, NOON);
        log.outcome({ kind: 'stuck', reason: 's', hints: ['h'] }, NOON);
      },
      { colour: true, level: 'debug' },
    );
    assert.deepEqual(text.split('\n'), [
      '12:00:00 \u001b[90mdebug    \u001b[39m d',
      '12:00:00 \u001b[32mnote     \u001b[39m n',
      '12:00:00 \u001b[33mwarning  \u001b[39m w',
      '12:00:00 \u001b[31mSTUCK    \u001b[39m s',
      '                   h',
      '',
    ]);
  });

  it('prints the same without colour', () => {
    const tell = (log: Reporter) => log.event(trouble, NOON);
    assert.equal(stripVTControlCharacters(printed(tell, { colour: true })), printed(tell));
    assert.doesNotMatch(printed(tell), CONTROL);
  });

  const hostile: [what: string, text: string][] = [
    ['moves the cursor', '\u001b[2J\u001b[1;1Hgone'],
    ['a carriage return that overwrites', 'all is bad\rall is well'],
    ['a card of Drone', '\u001b]1338;eyJzY2hlbWEiOiIifQ==\u001b]0m'],
    ['colours', '\u001b[31mred\u001b[0m'],
    ['backspaces and bells', 'a\b\b\u0007\u0000'],
    ['the short forms of escapes', '\u009b2J'],
  ];
  for (const [what, text] of hostile) {
    it(`lets a pod's last words do nothing to the window: ${what}`, () => {
      const log = printed((each) => each.event({ ...trouble, message: text, log: [text] }, NOON), {
        colour: false,
      });
      assert.doesNotMatch(log, CONTROL);
      assert.equal(log.trimEnd().split('\n').length, 4);
    });
  }

  it('an escape that a line does not end takes no other line with it', () => {
    const text = printed((log) => log.event(note('one \u001b]1338;\ntwo\nthree \u0007four'), NOON));
    for (const word of ['one', 'two', 'three', 'four']) assert.ok(text.includes(word), text);
  });
});

describe('report/log: json', () => {
  it('is one object a line, whatever the text', () => {
    const text = printed(
      (log) => {
        log.event(note('two\nlines, "quoted" \u001b[2J'), NOON);
        log.event(trouble, NOON);
        log.outcome({ kind: 'held', reason: 'It\nwaits.', hints: ['a'], weight: 10 }, NOON);
      },
      { format: 'json', colour: true },
    );
    assert.ok(text.endsWith('\n'));
    const [first, second, third, ...more] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(more, []);
    assert.deepEqual(first, {
      level: 'info',
      time: NOON,
      event: note('two\nlines, "quoted" \u001b[2J'),
      word: 'note',
      msg: 'two\nlines, "quoted" \u001b[2J',
    });
    assert.deepEqual(second.event, trouble);
    assert.equal(second.level, 'warn');
    assert.deepEqual(third.outcome, { kind: 'held', reason: 'It\nwaits.', hints: ['a'], weight: 10 });
    assert.doesNotMatch(text, CONTROL);
  });
});

describe('report/log: level', () => {
  const kept: [level: LogOptions['level'], expected: string[]][] = [
    ['debug', ['debug', 'info', 'warn']],
    ['info', ['info', 'warn']],
    ['warn', ['warn']],
    ['error', []],
  ];
  for (const [level, expected] of kept) {
    for (const format of ['pretty', 'json'] as const) {
      it(`${level}, ${format}: ${expected.join(', ') || 'nothing but errors'}`, () => {
        const shown = ONE_OF_EACH_LEVEL.filter(
          ([, event]) => printed((log) => log.event(event, NOON), { level, format }) !== '',
        );
        assert.deepEqual(
          shown.map(([each]) => each),
          expected,
        );
        assert.notEqual(
          printed((log) => log.outcome({ kind: 'refused', reason: 'No.', hints: [] }, NOON), {
            level,
            format,
          }),
          '',
        );
      });
    }
  }

  it('is written at once: nothing is lost when the process is killed', () => {
    const parts: string[] = [];
    printed(
      (log) => {
        log.event(note('a'), NOON);
        assert.equal(parts.length, 1);
        log.event(note('b'), NOON);
        assert.equal(parts.length, 2);
      },
      { write: (part) => parts.push(part) },
    );
  });
});
