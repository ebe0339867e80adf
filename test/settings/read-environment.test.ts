import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEnvironment } from '../../src/settings/read-environment.ts';

function read(env: Record<string, string | undefined>): { texts: Record<string, string>; faults: string[] } {
  const { texts, faults, warnings } = readEnvironment(env);
  assert.deepEqual(warnings, []);
  return { texts: Object.fromEntries(texts), faults };
}

describe('settings/read-environment', () => {
  it('takes dash and underscore for the same, in any case', () => {
    for (const name of [
      'PLUGIN_SKIP-VERIFY',
      'PLUGIN_SKIP_VERIFY',
      'plugin_skip_verify',
      'PLUGIN_Skip-Verify',
    ]) {
      assert.deepEqual(read({ [name]: 'true' }), { texts: { skip_verify: 'true' }, faults: [] });
    }
  });

  it('leaves the other variables alone', () => {
    const env = { PLUGIN: 'x', PLUGINS_TAG: 'x', MY_PLUGIN_TAG: 'x', DRONE_TAG: 'v1', PLUGIN_TAG: undefined };
    assert.deepEqual(read(env), { texts: {}, faults: [] });
  });

  const both: [what: string, first: string, second: string, fault: boolean][] = [
    ['the same', 'true', 'true', false],
    ['different', 'true', 'false', true],
    ['the second empty', 'true', '', false],
    ['the first empty', '', 'true', false],
  ];
  for (const [what, first, second, fault] of both) {
    it(`reads a setting that is given with a dash and with an underscore: ${what}`, () => {
      const { texts, faults } = read({ 'PLUGIN_SKIP-VERIFY': first, PLUGIN_SKIP_VERIFY: second });
      if (fault) assert.match(faults.join(), /^`skip_verify` is given twice with different values/);
      else assert.deepEqual({ texts, faults }, { texts: { skip_verify: 'true' }, faults: [] });
    });
  }

  const unknown: [name: string, near: string | undefined][] = [
    ['TAGG', 'tag'],
    ['KUBE_CONFIG', 'kubeconfig'],
    ['KUBE-CONFIG', 'kubeconfig'],
    ['URL', 'urls'],
    ['STEP', 'steps'],
    ['NAMESPACES', 'namespace'],
    ['DRYRUN', 'dry_run'],
    ['X', undefined],
    ['', undefined],
    ['COMPLETELY_DIFFERENT', undefined],
    ['LOG_FORMATTING', undefined],
    ['__PROTO__', undefined],
    ['CONSTRUCTOR', undefined],
    ['TOSTRING', undefined],
  ];
  for (const [name, near] of unknown) {
    it(`refuses PLUGIN_${name}, ${near ? `and points to ${near}` : 'and points nowhere'}`, () => {
      const written = name.toLowerCase().replaceAll('-', '_');
      const hint = near ? ` Did you mean \`${near}\`?` : '';
      assert.deepEqual(read({ [`PLUGIN_${name}`]: 'x' }), {
        texts: {},
        faults: [`\`${written}\` is not a setting.${hint}`],
      });
    });
  }

  it('shows the head of an endless name', () => {
    const { faults } = read({ [`PLUGIN_${'A'.repeat(1_000_000)}`]: 'x' });
    assert.equal(faults.length, 1);
    assert.ok((faults[0] ?? '').length < 100);
  });

  it('takes blanks for nothing: an empty secret, or a setting that is not set', () => {
    for (const blank of ['', ' ', '\n', '\r\n\t']) {
      assert.deepEqual(read({ PLUGIN_TAG: blank }), { texts: {}, faults: [] });
      assert.match(read({ PLUGIN_PASSWORD: blank }).faults.join(), /^`password` is set but empty/);
    }
  });

  const nested: [name: string, value: string, refused: boolean][] = [
    ['HEADERS', '{"X-Token":{"from_secret":"pw"}}', true],
    ['URLS', '[{"from_secret":"keel_url"}]', true],
    ['STEPS', '["5% 1m",{ "from_secret" : "x"}]', true],
    ['PASSWORD', '{"from_secret":"pw"}', true],
    ['TEMPLATE', '{"text":"from_secret"}', false],
    ['TEMPLATE', 'from_secret: pw', false],
  ];
  for (const [name, value, refused] of nested) {
    it(`${refused ? 'refuses' : 'takes'} ${name.toLowerCase()} ${value}`, () => {
      const { faults } = read({ [`PLUGIN_${name}`]: value });
      assert.equal(faults.length, refused ? 1 : 0);
      if (refused) assert.match(faults.join(), /has a from_secret inside a list or map/);
    });
  }

  it('never shows a value', () => {
    const { faults } = read({
      PLUGIN_PASSWRD: 'hunter22',
      PLUGIN_HEADERS: '{"a":{"from_secret":"b"},"c":"hunter22"}',
      'PLUGIN_TOKEN-VALUE': 'hunter22',
      PLUGIN_TOKEN_VALUE: 'hunter23',
    });
    assert.equal(faults.length, 3);
    assert.doesNotMatch(faults.join(), /hunter/);
  });
});
