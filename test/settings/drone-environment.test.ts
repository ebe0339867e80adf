import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadSettings } from '../../src/settings/load.ts';
import recorded from '../fixtures/drone/example.env.json' with { type: 'json' };
import { faultsOf } from './helpers.ts';

/** The settings of the example that this plugin has too; the others are there for their shapes. */
const KNOWN = ['INSECURE', 'PASSWORD', 'REPO', 'SKIP-VERIFY', 'TAG', 'TEMPLATE'];

function known(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(recorded).filter(
      ([name]) => !name.startsWith('PLUGIN_') || KNOWN.includes(name.slice('PLUGIN_'.length)),
    ),
  );
}

/** The environment of the example with one more setting, compiled as Drone compiles that of another name. */
function withShapeOf(shape: keyof typeof recorded, name: string): Record<string, string> {
  const { PLUGIN_INSECURE: _, ...env } = known();
  return { ...env, PLUGIN_URLS: 'http://keel:9300/v1/webhooks/native', [`PLUGIN_${name}`]: recorded[shape] };
}

describe('settings/load, as Drone compiled the step', () => {
  it('names each unknown setting, with the nearest name where one is near', () => {
    const faults = faultsOf({ ...recorded, PLUGIN_WORKLOAD: 'deployment/pregap' });
    const unknown = faults.map((fault) => /^`(\w+)` is not a setting\./.exec(fault)?.[1]);
    assert.deepEqual(unknown.sort(), [
      'empty',
      'emptylst',
      'lst',
      'lstcomma',
      'lstmap',
      'lstnum',
      'map',
      'missing',
      'n',
      'nested',
      'tag2',
    ]);
    assert.ok(faults.includes('`tag2` is not a setting. Did you mean `tag`?'));
    assert.ok(faults.includes('`n` is not a setting.'));
  });

  it('reads a step that sends to Keel', () => {
    const settings = loadSettings(withShapeOf('PLUGIN_N', 'VALID_RESPONSE_CODES')).settings;
    assert.equal(settings.repo, '172.16.77.115:5000/pregap');
    assert.equal(settings.skip_verify, true);
    assert.equal(settings.password, 's3cr');
    assert.equal(settings.tag, '1.1', 'YAML made 1.1 of 1.10: image/release finds it out');
    assert.equal(settings.template, '{ "name": "172.16.77.115:5000/pregap",\n"tag": "1.4.2" }\n');
    assert.deepEqual(settings.valid_response_codes, [42]);
  });

  it('reads lists: of texts, empty, with a map in it', () => {
    const steps = loadSettings(withShapeOf('PLUGIN_LST', 'STEPS')).settings.steps;
    assert.deepEqual(
      steps.map((step) => (step.kind === 'weight' ? step.weight : 'hold')),
      [5, 'hold', 50],
    );
    assert.deepEqual(loadSettings(withShapeOf('PLUGIN_LSTCOMMA', 'TARGETS')).settings.targets, [
      'a',
      'b',
      'c',
    ]);
    assert.deepEqual(loadSettings(withShapeOf('PLUGIN_EMPTYLST', 'TARGETS')).settings.targets, [
      'production',
    ]);
    assert.match(
      faultsOf(withShapeOf('PLUGIN_LSTMAP', 'TARGETS')).join(),
      /^`targets` contains a map or a list/,
    );
    assert.match(
      faultsOf(withShapeOf('PLUGIN_LSTNUM', 'VALID_RESPONSE_CODES')).join(),
      /^`valid_response_codes` "2.5" is not a whole number/,
    );
  });

  it('refuses a map in a map as a header', () => {
    assert.match(
      faultsOf(withShapeOf('PLUGIN_MAP', 'HEADERS')).join(),
      /^`headers` the value of b must be a string/,
    );
  });

  it('refuses a from_secret that Drone left as it is', () => {
    assert.match(
      faultsOf(withShapeOf('PLUGIN_NESTED', 'HEADERS')).join(),
      /^`headers` has a from_secret inside a list or map.*headers: \{ from_secret: NAME \}/,
    );
    assert.match(
      faultsOf(withShapeOf('PLUGIN_NESTED', 'TEMPLATE')).join(),
      /^`template` has a from_secret inside/,
    );
  });

  it('refuses the empty text of a secret that is missing, and takes an empty text elsewhere as not set', () => {
    for (const name of ['KUBECONFIG', 'TOKEN', 'PASSWORD', 'TOKEN_VALUE', 'HEADERS']) {
      const faults = faultsOf(withShapeOf('PLUGIN_MISSING', name));
      assert.deepEqual(faults.length, 1);
      assert.match(
        faults.join(),
        new RegExp(`^\`${name.toLowerCase()}\` is set but empty.*not allowed for this event or repository`),
      );
    }
    assert.equal(loadSettings(withShapeOf('PLUGIN_EMPTY', 'NAMESPACE')).settings.namespace, undefined);
    assert.equal(loadSettings(withShapeOf('PLUGIN_EMPTY', 'METHOD')).settings.method, 'post');
  });
});
