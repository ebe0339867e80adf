import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { runCommand } from '../../src/cli/run-command.ts';
import { assertWhole } from '../rbac/invariants.ts';

const FOLDER = new URL('../../deploy/', import.meta.url);

describe('deploy/', () => {
  const files = readdirSync(FOLDER);
  it('has the rights of each engine', () => {
    assert.deepEqual(files, ['rbac-argo.yaml', 'rbac-bootstrap.yaml', 'rbac-keel.yaml', 'rbac.yaml']);
  });
  for (const file of files) {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');
    it(`${file} can be applied without -n: every object has its namespace, every Role is bound`, () => {
      assertWhole(parseAllDocuments(text).map((document) => document.toJS()));
    });

    it(`${file} is what the command in its head prints`, () => {
      const [, line = ''] = /^# +drone-promote (rbac .*)$/m.exec(text) ?? [];
      const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
      const { code, out } = runCommand(args, {});
      assert.equal(code, 0);
      assert.ok(text.endsWith(`\n\n${out}`));
    });
  }
});
