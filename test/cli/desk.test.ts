import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Environment, stepEnvironment } from '../../src/cli/desk.ts';
import type { Name } from '../../src/settings/table/index.ts';

const HOME = { HOME: '/home/ann', USER: 'ann' };
const files =
  (...names: string[]) =>
  (path: string) =>
    names.includes(path);

/** The PLUGIN_ variables of a step, by setting. */
function settingsOf(
  name: Parameters<typeof stepEnvironment>[0],
  flags: Partial<Record<Name, string>>,
  env: Environment = HOME,
  exists = files('/home/ann/.kube/config'),
): Record<string, string | undefined> {
  const given = new Map(Object.entries(flags) as [Name, string][]);
  return Object.fromEntries(
    Object.entries(stepEnvironment(name, given, env, exists)).flatMap(([variable, value]) =>
      /^PLUGIN_/.test(variable) && value !== undefined
        ? [[variable.slice('PLUGIN_'.length).toLowerCase(), value]]
        : [],
    ),
  );
}

const KUBECONFIG = { kubeconfig: '/home/ann/.kube/config' };
const PROMOTION = { event: 'promote', target: 'production' };

describe('cli/desk: what a CI would say', () => {
  const table: [what: string, actual: () => object, expected: object][] = [
    ['promote', () => settingsOf('promote', {}), { ...PROMOTION, ...KUBECONFIG, action: 'promote' }],
    [
      'plan',
      () => settingsOf('plan', {}),
      { ...PROMOTION, ...KUBECONFIG, action: 'promote', dry_run: 'true' },
    ],
    [
      'rollback',
      () => settingsOf('rollback', {}),
      { event: 'rollback', target: 'production', ...KUBECONFIG, action: 'rollback' },
    ],
    ['abort', () => settingsOf('abort', {}), { ...PROMOTION, ...KUBECONFIG, action: 'abort' }],
    ['status', () => settingsOf('status', {}), { ...PROMOTION, ...KUBECONFIG, action: 'status' }],
    [
      'the first target that is allowed',
      () => settingsOf('status', { targets: 'staging,production' }).target as unknown as object,
      'staging' as unknown as object,
    ],
    [
      'another event and target, if they are given',
      () => settingsOf('promote', { event: 'tag', target: 'staging' }),
      { event: 'tag', target: 'staging', ...KUBECONFIG, action: 'promote' },
    ],
    [
      'settings from variables, flags before them',
      () =>
        settingsOf(
          'abort',
          { namespace: 'shop' },
          { ...HOME, PLUGIN_NAMESPACE: 'blog', PLUGIN_DEBUG: 'true' },
        ),
      { ...PROMOTION, ...KUBECONFIG, action: 'abort', namespace: 'shop', debug: 'true' },
    ],
    [
      'a flag instead of a variable with a dash',
      () => settingsOf('abort', { guard_image: 'b' }, { ...HOME, 'PLUGIN_GUARD-IMAGE': 'a' }),
      { ...PROMOTION, ...KUBECONFIG, action: 'abort', guard_image: 'b' },
    ],
  ];
  for (const [what, actual, expected] of table) it(what, () => assert.deepEqual(actual(), expected));

  it('keeps all other variables', () => {
    const env = stepEnvironment(
      'status',
      new Map(),
      { ...HOME, DRONE_BUILD_EVENT: 'push', NO_COLOR: '1' },
      files(),
    );
    assert.equal(env.DRONE_BUILD_EVENT, 'push');
    assert.equal(env.NO_COLOR, '1');
  });
});

describe('cli/desk: the kubeconfig', () => {
  const table: [
    what: string,
    flags: Partial<Record<Name, string>>,
    env: Environment,
    expected: string | undefined,
  ][] = [
    ['of the home directory', {}, HOME, '/home/ann/.kube/config'],
    ['that KUBECONFIG names', {}, { ...HOME, KUBECONFIG: '/one' }, '/one'],
    ['those of KUBECONFIG that exist', {}, { ...HOME, KUBECONFIG: '/one:/none:/two' }, '/one:/two'],
    ['that is given', { kubeconfig: '/given' }, { ...HOME, KUBECONFIG: '/one' }, '/given'],
    ['none with a server', { server: 'https://10.0.0.5:6443' }, HOME, undefined],
    [
      'none with Keel, whose step it would change',
      { urls: 'http://keel/v1/webhooks/native' },
      HOME,
      undefined,
    ],
    ['none in a pod, which has an account', {}, { ...HOME, KUBERNETES_SERVICE_HOST: '10.0.0.1' }, undefined],
    ['none without a home', {}, {}, undefined],
  ];
  for (const [what, flags, env, expected] of table) {
    it(what, () =>
      assert.equal(
        settingsOf('status', flags, env, files('/home/ann/.kube/config', '/one', '/two')).kubeconfig,
        expected,
      ),
    );
  }
});
