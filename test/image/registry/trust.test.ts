import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rootCertificates } from 'node:tls';
import { authoritiesWith } from '../../../src/image/registry/trust.ts';
import { AUTHORITY } from '../../sim/registry/tls.ts';

it('an authority that is given is trusted beside the known ones, not in their place', () => {
  const all = authoritiesWith(AUTHORITY);
  assert.ok(all.includes(AUTHORITY));
  assert.ok(all.length > 10 && all.includes(rootCertificates[0] ?? ''));
});
