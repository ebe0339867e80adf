import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';

const CHURN = `
import { keepHeapSmall } from './src/heap.ts';
if (process.argv[1] === 'small') keepHeapSmall();
const kept = new Map();
for (let event = 0; event < 60000; event++) {
  kept.set(event % 1500, JSON.parse(JSON.stringify({ event, labels: Array.from({ length: 40 }, (_, key) => 'label-' + key) })));
  if (event % 50 === 0) await new Promise(setImmediate);
}
console.log(process.resourceUsage().maxRSS);
`;

it('a process that makes garbage all the time stays smaller', () => {
  const peak = (mode: string) => {
    const args = ['--input-type=module', '-e', CHURN, mode];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.ok(Number(stdout) > 0, stderr);
    return Number(stdout) / 1024;
  };
  const [usual, small] = [peak('usual'), peak('small')];
  assert.ok(small + 10 < usual, `${small.toFixed(0)} MB instead of ${usual.toFixed(0)} MB`);
});
