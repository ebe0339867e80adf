import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAddresses } from '../../../e2e/lab/node/addresses.ts';
import { containerLog } from '../../../e2e/lab/node/pods/container-log.ts';
import { type ContainerRun, newRun } from '../../../e2e/lab/node/pods/container-run.ts';

const at = Date.parse('2026-01-02T03:04:05Z');
const crashed: ContainerRun = {
  ...newRun({ name: 'app', image: 'shop/web:1-crash' }, 1),
  stage: 'crash-back-off',
  last: { startedAt: at, finishedAt: at + 150, exitCode: 1, reason: 'Error' },
};

function log(run: ContainerRun, query = ''): { status: number; text: string } {
  return containerLog(run, 'web-1', new URLSearchParams(query));
}

describe('the log of a container', () => {
  it('ends with the cause of a crash', () => {
    const { status, text } = log(crashed, 'previous=true&tailLines=3');
    assert.equal(status, 200);
    const [error, ...stack] = text.trimEnd().split('\n');
    assert.equal(error, 'Error: cannot open database: connection refused');
    assert.equal(stack.length, 2);
    assert.ok(log(crashed).text.endsWith(text));
  });

  it('is cut as asked for', () => {
    assert.equal(log(crashed, 'tailLines=0').text, '');
    assert.equal(log(crashed, 'limitBytes=5').text.length, 5);
    assert.match(
      log(crashed, 'timestamps=true&tailLines=1').text,
      /^2026-01-02T03:04:05\.040000000Z {5}at main/,
    );
  });

  it('is refused before the container has run, as a kubelet does', () => {
    const waiting = newRun({ name: 'app', image: 'shop/web:1-nopull' });
    const refused = log({ ...waiting, stage: 'pull-back-off' });
    assert.equal(refused.status, 400);
    const text = 'container "app" in pod "web-1" is waiting to start: trying and failing to pull image';
    assert.equal(refused.text, text);
    const none = log({ ...waiting, stage: 'running' }, 'previous=true');
    assert.equal(none.text, 'previous terminated container "app" in pod "web-1" not found');
  });

  it('is what a process has printed', () => {
    const run = newRun({ name: 'guard', image: 'x/drone-promote:1' });
    const printed = { current: [{ at, text: 'watching' }], before: [{ at, text: 'refused' }] };
    const text = (stage: ContainerRun['stage'], query: string) =>
      containerLog({ ...run, stage, last: crashed.last }, 'g-1', new URLSearchParams(query), printed).text;
    assert.equal(text('ready', ''), 'watching\n');
    assert.equal(text('ready', 'previous=true'), 'refused\n');
    assert.equal(text('crash-back-off', 'previous=true'), 'watching\n');
    assert.equal(text('ended', 'timestamps=true'), '2026-01-02T03:04:05.000000000Z watching\n');
  });
});

describe('the addresses of pods', () => {
  it('are given in turn, never twice, and not those of others', () => {
    const addresses = createAddresses();
    addresses.claim('10.244.1.2');
    assert.deepEqual([addresses.take(), addresses.take()], ['10.244.1.1', '10.244.1.3']);
    addresses.free('10.244.1.1');
    assert.equal(addresses.take(), '10.244.1.4');
    const many = new Set(Array.from({ length: 600 }, () => addresses.take()));
    assert.equal(many.size, 600);
    assert.ok(!many.has('10.244.1.255') && !many.has('10.244.2.0') && many.has('10.244.2.1'));
  });
});
