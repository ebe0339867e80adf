import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PromotionEvent } from '../../src/events.ts';
import type { Outcome } from '../../src/outcome.ts';
import { maskedData, type Reporter, reportTo } from '../../src/report/reporter.ts';
import { createSecrets } from '../../src/settings/redact.ts';

function masking(...values: string[]): (text: string) => string {
  const secrets = createSecrets();
  secrets.add(values);
  return secrets.mask;
}

/** A reporter that keeps what it gets. */
function keeping(): Reporter & { kept: unknown[] } {
  const kept: unknown[] = [];
  return {
    kept,
    event: (event, at) => kept.push([event, at]),
    outcome: (outcome, at) => kept.push([outcome, at]),
  };
}

const TROUBLE: PromotionEvent = {
  type: 'trouble',
  pod: 'web-1',
  reason: 'Crash',
  message: 'token hunter22 is wrong',
  log: ['a', 'hunter22'],
};
const REFUSED: Outcome = { kind: 'refused', code: 'rights', reason: 'hunter22', hints: ['use hunter22'] };

describe('report/reporter', () => {
  it('gives each reporter the same, with the time and without secrets, at any depth', () => {
    const [one, other] = [keeping(), keeping()];
    const report = reportTo([one, other], masking('hunter22'));
    report.event(TROUBLE, 1);
    report.outcome(REFUSED, 2);
    assert.deepEqual(one.kept, [
      [{ ...TROUBLE, message: 'token ****** is wrong', log: ['a', '******'] }, 1],
      [{ ...REFUSED, reason: '******', hints: ['use ******'] }, 2],
    ]);
    assert.deepEqual(other.kept, one.kept);
  });

  it('masks what became known as secret meanwhile', () => {
    const secrets = createSecrets();
    const log = keeping();
    const report = reportTo([log], secrets.mask);
    secrets.add(['hunter22']);
    secrets.add(['hunter22-and-more']);
    report.event({ type: 'note', message: 'hunter22-and-more hunter22' }, 0);
    assert.deepEqual(log.kept, [[{ type: 'note', message: '****** ******' }, 0]]);
  });

  it('leaves numbers, and the words that reporters compare: a secret may be such a word', () => {
    const event = maskedData<PromotionEvent>(
      { type: 'stage', index: 0, count: 7, kind: 'weight', name: 'stage', weight: 10 },
      masking('stage', 'weight'),
    );
    assert.deepEqual(event, {
      type: 'stage',
      index: 0,
      count: 7,
      kind: 'weight',
      name: '******',
      weight: 10,
    });
  });

  it('masks a secret that escapes of a terminal stand in: a log would put it together', () => {
    const event: PromotionEvent = { type: 'note', message: 'hun\u001b[31mter22' };
    assert.deepEqual(maskedData(event, masking('hunter22')), { type: 'note', message: '******' });
    const harmless: PromotionEvent = { type: 'note', message: '\u001b[31mred' };
    assert.deepEqual(maskedData(harmless, masking('hunter22')), harmless);
  });

  it('changes nothing of what it was given', () => {
    const before = structuredClone(TROUBLE);
    reportTo([keeping()], masking('hunter22')).event(TROUBLE, 0);
    assert.deepEqual(TROUBLE, before);
  });
});
