import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runCommand } from '../../src/cli/run-command.ts';
import { SETTINGS_OF_RIGHTS } from '../../src/rbac/print.ts';
import { read } from './blocks.ts';

const TEXT = read('docs/rights.md');
const NATIVE = ['--workload', 'deployment/web', '--guard'];
const CHECKS =
  '[{"name":"a","job":{"image":"r/a:1"}},{"name":"b","query":"up","max":1},{"name":"c","path":"/c","port":80,"max":1}]';
/** What the files of deploy/ do not have. */
const MORE = [
  [...NATIVE, '--traffic', 'traefik', '--controller-namespace', 'kube-system'],
  [...NATIVE, '--traffic', 'gateway', '--controller-namespace', 'traefik'],
  [...NATIVE, '--strategy', 'bluegreen', '--checks', CHECKS, '--pull-secrets', 'name'],
  [...NATIVE, '--traffic', 'replicas'],
  [...NATIVE, '--node-room'],
  [...NATIVE, '--preview', 'preview.example.com'],
  [...NATIVE, '--requires', 'other/name'],
  [...NATIVE, '--strategy', 'rolling'],
  ['--workload', 'statefulset/db', '--guard'],
  ['--workload', 'daemonset/agent', '--guard'],
  [...NATIVE, '--before', '[{"name":"a","command":["x"]}]'],
  ['--workload', 'deployment/web,statefulset/jobs', '--guard'],
  ['--urls', 'http://keel:9300/v1/webhooks/native', '--controller-namespace', 'kube-system'],
];

/** The Roles of a file of rights, with the names that the document gives to what a user chooses. */
function rolesIn(yaml: string): string[] {
  return [...yaml.matchAll(/^kind: (?:Cluster)?Role\nmetadata:\n {2}name: (\S+)/gm)].map(([, name = '']) =>
    name.replace(/:shop$/, ':NS').replace(/-(pull|requires)-name/, '-$1-NAME'),
  );
}

describe('docs/rights.md', () => {
  const files = readdirSync(new URL('../../deploy/', import.meta.url)).map((file) => read(`deploy/${file}`));
  const printed = MORE.map((flags) => {
    const { code, out, err } = runCommand(['rbac', '--namespace', 'shop', ...flags], {});
    assert.equal(code, 0, err);
    return out;
  });
  const roles = new Set([...files, ...printed].flatMap(rolesIn));

  it('knows of Roles', () => assert.ok(roles.size > 40, `${roles.size}`));

  for (const role of roles) {
    it(`has a row for ${role}`, () => {
      const rows = TEXT.split('\n').filter((line) => line.startsWith('| '));
      assert.ok(rows.some((row) => row.split(' | ')[0]?.includes(`\`${role}\``)));
    });
  }

  it('names no Role that is never printed', () => {
    const named = [...TEXT.matchAll(/^\| (`drone-promote[^|]*)/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );
    assert.deepEqual(
      named.filter((name) => !roles.has(name)),
      [],
    );
  });

  it('lists the settings on which the rights depend', () => {
    for (const name of SETTINGS_OF_RIGHTS) assert.ok(TEXT.includes(`\`${name}\``), name);
  });
});
