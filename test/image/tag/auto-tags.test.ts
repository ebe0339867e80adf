import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestTags } from '../../../src/image/release/nearest-tags.ts';
import { autoTags, higherVersions } from '../../../src/image/tag/auto-tags.ts';

describe('image/tag/auto-tags', () => {
  const table: [tag: string, suffix: string, tags: string[] | undefined][] = [
    ['1.2.3', '', ['1.2.3', '1.2', '1']],
    ['v1.2.3', '', ['1.2.3', '1.2', '1']],
    ['0.4.1', '', ['0.4.1', '0.4']],
    ['1.0.0-rc.1', '', ['1.0.0-rc.1']],
    ['10.20.30', '', ['10.20.30', '10.20', '10']],
    ['1.2.3-alpine', 'alpine', ['1.2.3-alpine', '1.2-alpine', '1-alpine']],
    ['1.2.3-rc.1-alpine', 'alpine', ['1.2.3-rc.1-alpine']],
    ['1.2.3', 'alpine', undefined],
    ['latest', '', undefined],
    ['1.2', '', undefined],
    ['20261124', '', undefined],
  ];
  for (const [tag, suffix, tags] of table) {
    it(`${tag}${suffix && ` with ${suffix}`}: ${tags?.join(', ') ?? 'none'}`, () => {
      const found = autoTags(tag, suffix);
      assert.deepEqual(found && [found.exact, ...found.moving], tags);
    });
  }

  it('knows which versions are higher, below a moving tag', () => {
    const all = [
      '1.3.0',
      '1.2.9',
      '1.10.0',
      '1.2.4',
      '1.2.3',
      '2.0.0',
      '1.4.0-rc.1',
      '1',
      '1.2',
      'latest',
      'v1.5.0',
      '1.9.0-alpine',
      '12.0.0',
    ];
    assert.deepEqual(higherVersions('1.2.4', '1', all), ['1.10.0', 'v1.5.0', '1.3.0', '1.2.9']);
    assert.deepEqual(higherVersions('1.2.4', '1.2', all), ['1.2.9']);
    assert.deepEqual(higherVersions('1.2.4-alpine', '1-alpine', all, 'alpine'), ['1.9.0-alpine']);
    assert.deepEqual(higherVersions('2.0.0', '2', all), []);
  });
});

describe('image/release/nearest-tags', () => {
  const table: [missing: string, tags: string[], first: string][] = [
    ['1.4.2', ['1.4.1', '2.4.2', '1.3.2', 'latest'], '1.4.1'],
    ['v1.4.2', ['1.4.1', '1.4.2', 'v1.4.0'], '1.4.2'],
    ['1.4.2', ['v1.4.2', '1.4.20'], 'v1.4.2'],
    ['1.1', ['1.10', '1.2', '3.1'], '1.10'],
  ];
  for (const [missing, tags, first] of table) {
    it(`${missing}: ${first} of ${tags.join(', ')}`, () =>
      assert.equal(nearestTags(missing, tags)[0], first));
  }

  it('names five at the most, and no signatures', () => {
    const signature = `sha256-${'a'.repeat(64)}.sig`;
    assert.equal(
      nearestTags('1.0.0', [signature, ...Array.from({ length: 9 }, (_, i) => `1.0.${i + 1}`)]).length,
      5,
    );
    assert.deepEqual(nearestTags('1.0.0', [signature]), []);
  });

  it('is quick with a repository of many tags', () => {
    const begun = performance.now();
    nearestTags(
      'x'.repeat(128),
      Array.from({ length: 100_000 }, (_, i) => `${i}`.padEnd(128, 'y')),
    );
    assert.ok(performance.now() - begun < 3000);
  });
});
