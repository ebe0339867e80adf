import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SELECTOR_NOTE, switched, switchedBack } from '../../../src/traffic/selector/note.ts';
import { service } from '../../engines/native/fixtures.ts';

const WEB = service('web', { app: 'web', tier: 'front' });
const moved = switched(WEB, 'web', { app: 'web-canary', tier: 'front' });

describe('traffic/selector/note', () => {
  it('puts back what was there, to the letter', () => {
    const plain = { ...WEB, metadata: { ...WEB.metadata, annotations: { 'example.com/note': 'kept' } } };
    for (const before of [WEB, plain]) {
      assert.deepEqual(switchedBack(switched(before, 'web', { app: 'web-canary' })), before);
    }
  });

  it('leaves a selector alone that somebody else has written meanwhile', () => {
    const edited = { ...moved, spec: { ...moved.spec, selector: { app: 'theirs' } } };
    assert.deepEqual(switchedBack(edited).spec?.selector, { app: 'theirs' });
    assert.equal(switchedBack(edited).metadata?.annotations, undefined);
  });

  it('takes an edited annotation for none', () => {
    for (const text of [
      '{',
      '7',
      '{"workload":"web"}',
      '{"workload":"web","before":{"a":1},"switched":{}}',
      '{"workload":"web","before":{},"switched":{},"weight":"half"}',
    ]) {
      const edited = { ...WEB, metadata: { ...WEB.metadata, annotations: { [SELECTOR_NOTE]: text } } };
      assert.equal(switchedBack(edited), edited);
    }
  });
});
