import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Build } from '../../../src/ci/build.ts';
import { readBuild } from '../../../src/ci/read-build.ts';
import { PromoteError } from '../../../src/errors.ts';
import { parseReference } from '../../../src/image/release/reference.ts';
import { releaseOf } from '../../../src/image/release/release.ts';
import recorded from '../../fixtures/drone/example.env.json' with { type: 'json' };

const REPO = '192.0.2.10:5000/shop';

function buildOf(tag: string, ref = tag === '' ? '' : `refs/tags/${tag}`): Build {
  return { ...readBuild({}), system: 'drone', event: 'promote', tag, ref };
}

function refusalOf(repository: string, tag: string | undefined, build: Build): PromoteError {
  try {
    releaseOf(repository, tag, build);
  } catch (error) {
    if (error instanceof PromoteError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('image/release/release', () => {
  const taken: [what: string, built: string, tag: string | undefined, expected: string][] = [
    ['the tag of the build without its v', 'v1.4.2', undefined, '1.4.2'],
    ['a tag without v', '1.4.2', undefined, '1.4.2'],
    ['one v only', 'vv1', undefined, 'vv1'],
    ['a word that begins with v', 'version-2', undefined, 'version-2'],
    ['a capital V', 'V1.4.2', undefined, 'V1.4.2'],
    ['1.10 as it is', 'v1.10', undefined, '1.10'],
    ['a pre-release', 'v1.4.2-rc.1', undefined, '1.4.2-rc.1'],
    ['the setting before the build', 'v1.4.2', '1.4.1', '1.4.1'],
    ['the setting as it is', 'v1.4.2', 'v1.4.2', 'v1.4.2'],
    ['the setting where the build has none', '', '1.1', '1.1'],
    ['0 where the build has no tag', '', '0', '0'],
    ['the setting that is the same', 'v1.10', '1.10', '1.10'],
    ['latest, where somebody wants it', 'v1.4.2', 'latest', 'latest'],
    ['a commit', 'v1.4.2', '0e12345', '0e12345'],
  ];
  for (const [what, built, tag, expected] of taken) {
    it(`takes ${what}`, () =>
      assert.deepEqual(releaseOf(REPO, tag, buildOf(built)), {
        repository: REPO,
        tag: expected,
        image: `${REPO}:${expected}`,
      }));
  }

  it('keeps the repository as it was written, since the workload’s image begins with it', () => {
    assert.equal(releaseOf('shop', undefined, buildOf('v1')).image, 'shop:1');
    assert.equal(releaseOf('docker.io/library/shop', '1', buildOf('')).image, 'docker.io/library/shop:1');
  });

  it('refuses a build without a tag: there is no default, least of all latest', () => {
    const error = refusalOf(REPO, undefined, buildOf('', 'refs/heads/main'));
    assert.equal(error.code, 'tag');
    assert.match(error.message, /^The build has no tag \(its ref is "refs\/heads\/main"\)/);
    assert.match(error.hint ?? '', /set `tag`.*"latest" is not a release/);
    assert.match(refusalOf(REPO, undefined, buildOf('')).message, /has no tag \(and no ref\)/);
  });

  const numbers: [tag: string, built: string][] = [
    ['1.1', 'v1.10'],
    ['1.1', '1.10'],
    ['1.2', 'v1.20'],
    ['1', 'v1.0'],
    ['2', 'v2.00'],
    ['7', '007'],
  ];
  for (const [tag, built] of numbers) {
    it(`finds out that YAML made ${tag} of ${built}`, () => {
      const error = refusalOf(REPO, tag, buildOf(built));
      assert.equal(error.code, 'tag');
      assert.ok(error.message.includes(`\`tag\` is ${tag}, but the build's tag is ${built}: YAML reads`));
      assert.equal(error.hint, `Write it with quotes: tag: "${built.replace('v', '')}"`);
    });
  }

  it('finds out the number in what Drone’s runner gave, were the build of 1.10', () => {
    const build = { ...readBuild(recorded), tag: 'v1.10' };
    assert.match(refusalOf(recorded.PLUGIN_REPO, recorded.PLUGIN_TAG, build).message, /YAML read/);
    assert.equal(
      releaseOf(recorded.PLUGIN_REPO, undefined, readBuild(recorded)).image,
      '172.16.77.115:5000/pregap:1.4.2',
    );
  });

  const refused: [what: string, repo: string, tag: string | undefined, built: string, message: RegExp][] = [
    [
      'a repo with a tag',
      `${REPO}:1.0`,
      undefined,
      'v1',
      /^`repo` must be a repository without a tag or digest/,
    ],
    [
      'a repo that looks like a host',
      'localhost:5000',
      undefined,
      'v1',
      /^`repo` must be a repository without/,
    ],
    [
      'a repo with a digest',
      `${REPO}@sha256:${'0'.repeat(64)}`,
      undefined,
      'v1',
      /^`repo` must be a repository/,
    ],
    ['an empty repo', '', undefined, 'v1', /it has no repository/],
    ['a repo in upper case', 'team/Shop', undefined, 'v1', /"Shop" is not a part/],
    ['build metadata', REPO, undefined, 'v1.0+3', /"1\.0\+3" is not a tag/],
    ['an empty tag', REPO, '', 'v1', /"" is not a tag/],
    ['a tag with a slash', REPO, undefined, 'release/v1.4', /^"release\/v1\.4" is not a tag of an image/],
    [
      'a branch as the tag',
      REPO,
      'refs/heads/main',
      'v1',
      /is not a tag of an image: it has a "\/", "@" or ":"\.$/,
    ],
    ['a tag that would be a port', 'shop', '5000/other', '', /^"5000\/other" is not a tag of an image/],
    ['a tag with a digest', REPO, `1@sha256:${'0'.repeat(64)}`, '', /is not a tag of an image/],
    ['a tag with a colon', REPO, '1:2', '', /^"1:2" is not a tag of an image/],
    ['a tag with a blank', REPO, '1 2', '', /"1 2" is not a tag/],
    ['a tag that is too long', REPO, '1'.repeat(129), '', /is not a tag/],
  ];
  for (const [what, repo, tag, built, message] of refused) {
    it(`refuses ${what}`, () => {
      const error = refusalOf(repo, tag, buildOf(built));
      assert.match(error.message, message);
      assert.ok(what === 'an empty repo' || error.hint);
    });
  }

  it('keeps megabytes out of its messages', () => {
    for (const tag of [`1.1${'0'.repeat(1_000_000)}`, `1/${'0'.repeat(1_000_000)}`]) {
      assert.ok(refusalOf(REPO, tag, buildOf('v1.1')).message.length < 500);
    }
    assert.ok(refusalOf('a'.repeat(1_000_000), '1', buildOf('')).message.length < 500);
  });

  it('names an image of this repository with this tag, or is refused', () => {
    const given = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.stringMatching(/^[a0.:/@v_-]{0,8}$/),
    );
    fc.assert(
      fc.property(fc.constantFrom('shop', 'team/shop', 'localhost', REPO), given, (repository, tag) => {
        try {
          const { image } = releaseOf(repository, tag, buildOf('v1.4.2'));
          assert.deepEqual(parseReference(image), { ...parseReference(repository), tag });
        } catch (error) {
          assert.ok(error instanceof PromoteError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
