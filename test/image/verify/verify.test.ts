import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readManifest } from '../../../src/image/registry/manifest.ts';
import type { ImageFacts } from '../../../src/image/verify/inspect.ts';
import { type Demand, type Finding, verdictOn } from '../../../src/image/verify/verify.ts';
import { OCI } from '../../sim/registry/images.ts';

const manifest = readManifest(Buffer.from('{"manifests": []}'), OCI.index);
const AMD = { os: 'linux', architecture: 'amd64' };
const ARM = { os: 'linux', architecture: 'arm64', variant: 'v8' };
const facts = (over: Partial<ImageFacts> = {}): Finding => ({
  kind: 'found',
  facts: {
    digest: manifest.digest,
    manifest,
    platforms: [AMD],
    sizeBytes: 31_400_000,
    createdAt: 0,
    ...over,
  },
});
const unreachable: Finding = { kind: 'unreachable', message: 'No answer.', hint: 'Plug it in.' };
const denied = (given: boolean): Finding => ({ kind: 'denied', message: 'No.', hint: undefined, given });
const missing: Finding = { kind: 'missing', nearest: ['1.4.1'] };

describe('image/verify/verify', () => {
  // what refuses it, or what is warned of; neither: it is good
  const table: [
    what: string,
    finding: Finding,
    demand: Partial<Demand>,
    refused: string | undefined,
    warned: RegExp | undefined,
  ][] = [
    ['found', facts(), {}, undefined, undefined],
    ['missing', missing, {}, 'image', undefined],
    [
      'unreachable',
      unreachable,
      {},
      undefined,
      /^No answer\. Whether r\/web:1\.4\.2 exists was not checked\. Plug it in\.$/,
    ],
    ['unreachable, strict', unreachable, { verify: 'strict' }, 'registry-unreachable', undefined],
    ['unreachable, and tags are wanted', unreachable, { needs: ['tags'] }, 'registry-unreachable', undefined],
    ['denied without credentials', denied(false), {}, undefined, /No\./],
    ['denied with credentials of the settings', denied(true), {}, 'registry-denied', undefined],
    ['denied, strict', denied(false), { verify: 'strict' }, 'registry-denied', undefined],
    ['the digest that was handed on', facts(), { expected: manifest.digest }, undefined, undefined],
    [
      'another digest than was handed on',
      facts(),
      { expected: `sha256:${'0'.repeat(64)}` },
      'digest',
      undefined,
    ],
    ['nodes that run it', facts(), { nodes: [AMD] }, undefined, undefined],
    [
      'nodes none of which runs it',
      facts({ platforms: [ARM] }),
      { nodes: [AMD, AMD] },
      'platform',
      undefined,
    ],
    [
      'nodes some of which run it',
      facts(),
      { nodes: [AMD, { os: 'linux', architecture: 'arm64' }] },
      undefined,
      /nodes with linux\/arm64 will not run/,
    ],
    [
      'a variant of the nodes’ kind',
      facts({ platforms: [ARM] }),
      { nodes: [{ os: 'linux', architecture: 'arm64' }] },
      undefined,
      undefined,
    ],
    ['platforms that are not known', facts({ platforms: [] }), { nodes: [AMD] }, undefined, undefined],
    [
      'no nodes yet, as where they are made on demand',
      facts({ platforms: [ARM] }),
      { nodes: [] },
      undefined,
      undefined,
    ],
  ];
  for (const [what, finding, demand, refused, warned] of table) {
    it(what, () => {
      const verdict = verdictOn(finding, {
        image: 'r/web:1.4.2',
        verify: 'true',
        needs: [],
        expected: undefined,
        nodes: undefined,
        now: 0,
        ...demand,
      });
      if (!verdict.ok) return assert.equal(verdict.code, refused);
      assert.equal(refused, undefined);
      const [warning] = verdict.warnings;
      if (warned) assert.match(warning ?? '', warned);
      else assert.equal(warning, undefined);
      if (finding.kind === 'found') assert.equal(verdict.digest, manifest.digest);
    });
  }

  it('says digest, platforms, size and age', () => {
    const day = 86_400_000;
    const line = (now: number) => {
      const verdict = verdictOn(facts({ platforms: [AMD, ARM] }), {
        image: 'x',
        verify: 'true',
        needs: [],
        expected: undefined,
        nodes: undefined,
        now,
      });
      return verdict.ok ? verdict.notes[0] : '';
    };
    assert.equal(
      line(9 * day),
      `${manifest.digest} for linux/amd64, linux/arm64/v8; 31.4 MB compressed, made 9 days ago`,
    );
    assert.match(line(3_600_000) ?? '', /made 1h ago$/);
    assert.match(line(-1) ?? '', /31\.4 MB compressed$/);
  });
});
