import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';

interface Step {
  name: string;
  image: string;
  commands?: string[];
}

const ROOT = new URL('../../', import.meta.url).pathname;

/** The step of .drone.yml that makes the image. */
const step = parseAllDocuments(readFileSync(join(ROOT, '.drone.yml'), 'utf8'))
  .flatMap((pipeline) => (pipeline.toJS() as { steps: Step[] }).steps)
  .find(({ name }) => name === 'image');

/** What the commands of that step ask BuildKit for, for a tag: the arguments of its program, of which none runs here. */
function asked(tag: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'push-image-'));
  try {
    writeFileSync(join(folder, 'buildctl-daemonless.sh'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', {
      mode: 0o755,
    });
    const env = { PATH: `${folder}:${process.env.PATH}`, DRONE_TAG: tag, DRONE_COMMIT_SHA: 'abc' };
    const command = step?.commands?.join('\n') ?? assert.fail('.drone.yml has no step image');
    return execFileSync('sh', ['-ec', command], { cwd: ROOT, env, encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the step image of .drone.yml', () => {
  const names = (tag: string) => /name=([^"]*)"/.exec(asked(tag))?.[1]?.split(',');
  const image = '192.0.2.10:5000/drone-promote';

  it('pushes the tag of the release and that of its minor version', () =>
    assert.deepEqual(names('v1.2.3'), [`${image}:1.2.3`, `${image}:1.2`]));

  it('pushes the tag of a pre-release alone', () =>
    assert.deepEqual(names('v1.2.3-rc.1'), [`${image}:1.2.3-rc.1`]));

  it('builds for both platforms, with SBOM and provenance, and tells the image its name', () => {
    const lines = asked('v1.2.3').split('\n');
    for (const line of [
      'platform=linux/amd64,linux/arm64',
      'attest:sbom=',
      'attest:provenance=mode=max',
      `build-arg:IMAGE=${image}:1.2.3`,
      'build-arg:VERSION=1.2.3',
      'build-arg:REVISION=abc',
      'build-arg:SOURCE_DATE_EPOCH=0',
    ]) {
      assert.ok(lines.includes(line), `${line} in ${lines.join(' ')}`);
    }
    assert.match(asked('v1.2.3'), /push=true.*rewrite-timestamp=true/);
  });

  it('has each argument of the Dockerfile, so that none stays empty', () => {
    const given = [...asked('v1.2.3').matchAll(/build-arg:(\w+)=/g)].map(([, name]) => name);
    const wanted = [...readFileSync(join(ROOT, 'Dockerfile'), 'utf8').matchAll(/^ARG (\w+)$/gm)];
    assert.ok(wanted.length > 0);
    for (const [, name] of wanted) assert.ok(given.includes(name), name);
  });
});
