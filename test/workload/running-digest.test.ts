import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { otherImages } from '../../src/workload/running-digest.ts';

const [INDEX, CHILD, OTHER] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [
  string,
  string,
  string,
];

function pod(imageID: string, image = 'r/web:1'): Pod {
  return {
    metadata: { name: 'web-1' },
    spec: {
      containers: [
        { name: 'app', image },
        { name: 'sidecar', image: 'r/proxy:9' },
      ],
    },
    status: {
      containerStatuses: [
        { name: 'app', image, imageID, ready: true, restartCount: 0 },
        { name: 'sidecar', image: 'r/proxy:9', imageID: `r/proxy@${OTHER}`, ready: true, restartCount: 0 },
      ],
    },
  };
}

describe('workload/running-digest', () => {
  const table: [what: string, pod: Pod, digest: string | undefined][] = [
    ['the index, as containerd says it', pod(`r/web@${INDEX}`), undefined],
    ['the image of the platform', pod(`r/web@${CHILD}`), undefined],
    ['docker’s form', pod(`docker-pullable://r/web@${INDEX}`), undefined],
    ['another digest', pod(`r/web@${OTHER}`), OTHER],
    ['another, in docker’s form', pod(`docker-pullable://r/web@${OTHER}`), OTHER],
    ['a configuration’s digest, which says nothing', pod(OTHER), undefined],
    ['none yet', pod(''), undefined],
    ['a pod of another image', pod(`r/web@${OTHER}`, 'r/web:0'), undefined],
    [
      'a pod that ends',
      { ...pod(`r/web@${OTHER}`), metadata: { name: 'web-1', deletionTimestamp: '2026-11-24T12:00:00Z' } },
      undefined,
    ],
  ];
  for (const [what, given, digest] of table) {
    it(what, () => {
      const found = otherImages([given], 'r/web:1', [INDEX, CHILD]);
      assert.deepEqual(found, digest === undefined ? [] : [{ pod: 'web-1', digest }]);
    });
  }
});
