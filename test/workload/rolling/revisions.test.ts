import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ControllerRevision, ReplicaSet, StatefulSet } from 'kubernetes-types/apps/v1';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import {
  currentRevision,
  hashOfRevision,
  isWritten,
  type Revision,
  sameTemplate,
  templateOf,
} from '../../../src/workload/rolling/revisions.ts';

const template = (image: string, more: object = {}): PodTemplateSpec => ({
  metadata: { labels: { app: 'db' } },
  spec: { containers: [{ name: 'app', image, ...more }] },
});
const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u1', controller: true };

function revision(name: string, of: PodTemplateSpec, over: Partial<ControllerRevision> = {}): Revision {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name, labels: { 'controller-revision-hash': 'h1' }, ownerReferences: [owner] },
    data: {
      spec: { template: { ...of, metadata: { ...of.metadata, creationTimestamp: null }, $patch: 'replace' } },
    },
    revision: 1,
    ...over,
  } as never;
}

const db: StatefulSet = {
  metadata: { name: 'db', uid: 'u1' },
  spec: { serviceName: 'db', selector: {}, template: template('db:1') },
};

describe('the revisions of a workload', () => {
  it('keep the template, which is the same although a null says nothing', () => {
    const found = templateOf(revision('db-1', template('db:1')));
    assert.ok(sameTemplate(found, template('db:1')));
    assert.equal('$patch' in (found ?? {}), false);
  });

  it('of a Deployment are ReplicaSets, whose template has one label more', () => {
    const { metadata, spec } = template('web:1');
    const set = {
      spec: {
        selector: {},
        template: { spec, metadata: { labels: { ...metadata?.labels, 'pod-template-hash': 'x1' } } },
      },
    };
    assert.deepEqual(templateOf(set as unknown as ReplicaSet), template('web:1'));
  });

  const cases: [string, Revision[], string | undefined][] = [
    ['one of two', [revision('db-2', template('db:2')), revision('db-1', template('db:1'))], 'db-1'],
    [
      'the newest of two that are the same',
      [revision('db-1', template('db:1')), revision('db-9', template('db:1'), { revision: 9 })],
      'db-9',
    ],
    ['none if the controller has not seen the template', [revision('db-2', template('db:2'))], undefined],
    [
      'none of another workload',
      [
        revision('db-1', template('db:1'), {
          metadata: { name: 'db-1', ownerReferences: [{ ...owner, uid: 'u2' }] },
        }),
      ],
      undefined,
    ],
    ['none without data', [revision('db-1', template('db:1'), { data: undefined as never })], undefined],
  ];
  for (const [name, revisions, expected] of cases) {
    it(`have the one of the template as it is: ${name}`, () => {
      assert.equal(currentRevision(db, revisions)?.metadata?.name, expected);
    });
  }

  it('are known on the pods of a StatefulSet by their name, on those of a DaemonSet by their hash', () => {
    const it1 = revision('db-1', template('db:1'));
    assert.equal(hashOfRevision('StatefulSet', it1), 'db-1');
    assert.equal(hashOfRevision('DaemonSet', it1), 'h1');
  });
});

describe('whether a template is still what was written', () => {
  const cases: [string, PodTemplateSpec, boolean][] = [
    ['the same', template('db:2'), true],
    ['what the API server fills in', template('db:2', { imagePullPolicy: 'Always' }), true],
    ['another image', template('db:3'), false],
    [
      'a container more',
      { ...template('db:2'), spec: { containers: [{ name: 'app', image: 'db:2' }, { name: 'b' }] } },
      false,
    ],
    [
      'a restart that somebody asked for',
      {
        ...template('db:2'),
        metadata: { labels: { app: 'db' }, annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } },
      },
      false,
    ],
  ];
  for (const [name, stored, expected] of cases) {
    it(`${name}: ${expected ? 'yes' : 'no'}`, () =>
      assert.equal(isWritten(template('db:2'), stored), expected));
  }
});
