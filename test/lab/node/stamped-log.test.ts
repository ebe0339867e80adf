import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStampedLog, type StampedLog } from '../../../e2e/lab/node/stamped-log.ts';

const AT = Date.parse('2026-01-02T03:04:05.250Z');

/** A line a second, from AT on. */
function logOf(...texts: string[]): StampedLog {
  const log = createStampedLog();
  for (const [index, text] of texts.entries()) log.add([text], AT + index * 1000);
  return log;
}

function select(log: StampedLog, query: string, nowMs = AT + 10_000): string[] {
  return log.select(new URLSearchParams(query), nowMs);
}

describe('the log of the controller, as its node serves it', () => {
  const rows: [name: string, query: string, expected: string[]][] = [
    ['all of it', '', ['a\n', 'b\n', 'c\n']],
    ['the last lines', 'tailLines=2', ['b\n', 'c\n']],
    ['no line', 'tailLines=0', []],
    ['more lines than there are', 'tailLines=9', ['a\n', 'b\n', 'c\n']],
    ['from a second on, that second included', 'sinceTime=2026-01-02T03:04:06Z', ['b\n', 'c\n']],
    ['from seconds ago on', 'sinceSeconds=9', ['b\n', 'c\n']],
    ['of the last lines those that are new enough', 'tailLines=2&sinceSeconds=8', ['c\n']],
    ['so many bytes', 'limitBytes=3', ['a\nb']],
    ['with times of nine digits', 'tailLines=1&timestamps=true', ['2026-01-02T03:04:07.250000000Z c\n']],
  ];
  for (const [name, query, expected] of rows) {
    it(`has ${name}`, () => assert.deepEqual(select(logOf('a', 'b', 'c'), query), expected));
  }

  it('has times that rise with each line, within a millisecond and if the clock goes back', () => {
    const log = createStampedLog();
    log.add(['a', 'b'], AT);
    log.add(['c'], AT - 5_000);
    log.add(['d'], AT + 1);
    const times = select(log, 'timestamps=true').map((line) => line.split(' ')[0]);
    assert.deepEqual(times, [
      '2026-01-02T03:04:05.250000000Z',
      '2026-01-02T03:04:05.250000001Z',
      '2026-01-02T03:04:05.250000002Z',
      '2026-01-02T03:04:05.251000000Z',
    ]);
  });

  it('goes to those who follow, until they stop', () => {
    const log = logOf('a');
    const taken: string[] = [];
    const stop = log.follow(new URLSearchParams(), { take: (line) => taken.push(line), end() {} });
    log.add(['b', 'c'], AT + 1000);
    stop();
    log.add(['d'], AT + 2000);
    assert.deepEqual(taken, ['b\n', 'c\n']);
  });

  it('ends for those who follow if the container starts again, and begins again empty', () => {
    const log = logOf('a');
    let isEnded = false;
    const taken: string[] = [];
    log.follow(new URLSearchParams(), {
      take: (line) => taken.push(line),
      end() {
        isEnded = true;
      },
    });
    log.restart();
    log.add(['b'], AT + 1000);
    assert.deepEqual([isEnded, taken, select(log, '')], [true, [], ['b\n']]);
  });
});
