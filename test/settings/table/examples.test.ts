import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { stepEnvironment } from '../../../e2e/step-environment.ts';
import { loadSettings } from '../../../src/settings/load.ts';
import { readEnvironment } from '../../../src/settings/read-environment.ts';
import { exampleOf, MINIMAL } from '../../../src/settings/table/examples.ts';
import { type Name, TABLE } from '../../../src/settings/table/index.ts';
import type { Setting } from '../../../src/settings/table/row.ts';

const rows = Object.entries(TABLE) as [Name, Setting<unknown>][];

/** What a secret of the examples contains. */
const SECRETS: Readonly<Record<string, string>> = {
  cosign_pub: '-----BEGIN PUBLIC KEY-----',
  registry_ca: '-----BEGIN CERTIFICATE-----',
  k8s_ca: '-----BEGIN CERTIFICATE-----',
  prometheus_ca: '-----BEGIN CERTIFICATE-----',
  notify: 'slack=https://hooks.slack.example/services/T0/B0/key',
  keel_headers: '{"X-Scope":"shop"}',
};

/** The environment that Drone makes of settings in YAML. */
function environmentOf(yaml: string): Record<string, string | undefined> {
  const settings = Object.entries(parse(yaml) as Record<string, unknown>).map(([name, value]) => {
    const { from_secret: secret } = (value ?? {}) as { from_secret?: string };
    return [name, secret === undefined ? value : (SECRETS[secret] ?? 's3cret')] as const;
  });
  return stepEnvironment(Object.fromEntries(settings));
}

describe('settings/table/examples', () => {
  for (const [name, row] of rows) {
    it(`the example of ${name} is read, as Drone passes it on`, () => {
      const { texts, faults } = readEnvironment(environmentOf(`${name}: ${exampleOf(row)}`));
      assert.deepEqual(faults, []);
      const text = texts.get(name);
      assert.ok(text !== undefined && row.parse(text) !== undefined, 'an example must set something');
    });
  }

  it('an example says another thing than the default, which needs no example', () =>
    assert.deepEqual(
      rows.filter(([, row]) => exampleOf(row) === row.default).map(([name]) => name),
      [],
    ));

  it('a secret is shown from a secret', () => {
    for (const [name, row] of rows) if (row.secret) assert.match(exampleOf(row), /^{ from_secret: /, name);
  });

  for (const [what, yaml] of Object.entries(MINIMAL)) {
    it(`${what}: the shortest settings are complete`, () => void loadSettings(environmentOf(yaml)));
  }

  it('docs/settings.md has an anchor for each setting', () => {
    const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');
    const anchors = [...page.matchAll(/^\| <a id="(\w+)"><\/a>`(\w+)` \|/gm)].map(([, id, name]) => [
      id,
      name,
    ]);
    assert.deepEqual(
      anchors,
      rows.map(([name]) => [name, name]),
    );
  });
});
