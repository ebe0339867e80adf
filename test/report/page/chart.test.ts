import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Chart, drawChart } from '../../../src/report/page/chart.ts';

const START = Date.parse('2026-11-28T20:00:00Z');

function chart(seconds: number, over: Partial<Chart> = {}): string {
  const drawn = drawChart({
    id: 'x',
    title: '',
    description: '',
    lines: [
      {
        name: 'canary',
        className: 'canary',
        points: [
          [START, 0],
          [START + seconds * 1000, 1],
        ],
      },
    ],
    atLeast: 1,
    format: String,
    ...over,
  });
  assert.ok(drawn);
  return drawn.markup;
}

/** The middle of each time below the chart. */
function middles(drawn: string): number[] {
  return [...drawn.matchAll(/<text x="([\d.]+)"[^>]*>\d\d:\d\d:\d\d</g)].map(([, x]) => Number(x));
}

describe('report/page/chart', () => {
  it('has times that stand beside each other, for every length', () => {
    for (let seconds = 2; seconds < 200_000; seconds = Math.ceil(seconds * 1.07)) {
      const places = middles(chart(seconds));
      assert.ok(places.length >= 1 && places.length <= 6, `${seconds} s: ${places.length} times`);
      for (const [index, place] of places.entries()) {
        assert.ok(place >= 31 && place <= 449, `${seconds} s: a time at ${place} is cut`);
        assert.ok(index === 0 || place - (places[index - 1] ?? 0) >= 61.8, `${seconds} s: ${places}`);
      }
    }
  });

  it('has no line at a mark without a label', () => {
    const drawn = chart(100, { format: (value) => (Number.isInteger(value) ? `${value} %` : '') });
    assert.equal(drawn.match(/class="grid"/g)?.length, 2);
  });
});
