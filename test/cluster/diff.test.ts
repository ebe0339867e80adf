import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diffOf } from '../../src/cluster/diff.ts';
import { deployments, type KubeObject, type Resource, services } from '../../src/cluster/resource.ts';
import { deployment, FROM, REPO, service, TO } from '../engines/native/fixtures.ts';

const resource = deployments as Resource<KubeObject>;
const KEPT_BY_THE_SERVER = /resourceVersion|uid|generation|creationTimestamp|managedFields|status/;

describe('cluster/diff', () => {
  it('shows a change with one line around it, and nothing else', () => {
    const before = deployment('web', FROM, 4);
    const object = deployment('web', TO, 4);
    assert.deepEqual(diffOf({ verb: 'update', resource, before, object }), [
      '       containers:',
      `-        - image: ${REPO}:1.0.0`,
      `+        - image: ${REPO}:1.1.0`,
      '           name: app',
    ]);
  });

  it('shows each of several changes, in the order of the document', () => {
    const before = deployment('web', FROM, 4);
    const lines = diffOf({ verb: 'update', resource, before, object: deployment('web', TO, 2) });
    const changed = lines.filter((line) => /^[+-]/.test(line)).map((line) => line.replace(/ +/g, ' '));
    assert.deepEqual(changed, ['- replicas: 4', '+ replicas: 2', `- - image: ${FROM}`, `+ - image: ${TO}`]);
  });

  it('shows all of a new object, but not what the server keeps', () => {
    const object = service('web-canary', { app: 'web-canary' });
    const lines = diffOf({ verb: 'create', resource: services, object });
    assert.ok(lines.every((line) => line.startsWith('+')));
    assert.ok(lines.includes('+kind: Service'));
    assert.ok(lines.includes('+    app: web-canary'));
    assert.doesNotMatch(lines.join('\n'), KEPT_BY_THE_SERVER);
  });

  it('has nothing to show where only the server has changed something', () => {
    const before = deployment('web', FROM, 4);
    const object: KubeObject = {
      ...before,
      metadata: { ...before.metadata, resourceVersion: '99', generation: 7, managedFields: [] },
    };
    assert.deepEqual(
      diffOf({ verb: 'update', resource, before, object: { ...object, status: {} } as KubeObject }),
      [],
    );
  });

  it('does not take another order of keys for a change, nor break long lines', () => {
    const args = 'x'.repeat(300).replace(/xxx/g, 'xx ');
    const before = { kind: 'Deployment', metadata: { name: 'web', annotations: { b: args, a: '1' } } };
    const object = { metadata: { annotations: { a: '2', b: args }, name: 'web' }, kind: 'Deployment' };
    const lines = diffOf({ verb: 'update', resource, before, object });
    assert.deepEqual(lines, ['   annotations:', '-    a: "1"', '+    a: "2"', `     b: "${args}"`]);
  });

  it('says of a delete only that it goes', () =>
    assert.deepEqual(diffOf({ verb: 'delete', resource, object: deployment('web', FROM, 4) }), []));
});
