import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PromoteError } from '../../src/errors.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { TABLE } from '../../src/settings/table/index.ts';
import type { Setting } from '../../src/settings/table/row.ts';
import { environmentOf, faultsOf, load, NATIVE } from './helpers.ts';

const rows = Object.entries(TABLE) as [string, Setting<unknown>][];

describe('settings/load: steps', () => {
  it('refuses an empty list, which would roll stable at once; for a rollback that is what it means', () => {
    assert.throws(() => load({ ...NATIVE, steps: '[]' }), /`steps` has no steps; example: 10% 2m\./);
    assert.deepEqual(load({ ...NATIVE, rollback_steps: '[]' }).rollback_steps, []);
  });
});

describe('settings/load: steps of Argo Rollouts', () => {
  for (const steps of [
    [{ setWeight: 5 }, { pause: { duration: '2m' } }],
    ['5% 1m', { pause: {} }],
  ]) {
    it(`refuses ${JSON.stringify(steps)} and says how to write them`, () =>
      assert.deepEqual(faultsOf(environmentOf({ ...NATIVE, steps: JSON.stringify(steps) })), [
        "`steps` has the form of Argo Rollouts' steps; example: [ 5% 2m, hold, 50% 5m ].",
      ]));
  }
});

describe('settings/load', () => {
  for (const [name, row] of rows) {
    it(`has a row for ${name} whose default is what a user could write`, () => {
      if (row.default !== undefined) row.parse(row.default);
      assert.match(name, /^[a-z]+(_[a-z]+)*$/);
      assert.match(row.description, /^[A-Z`].*\.$/);
    });
  }

  it('has a value for every row, and nothing else, and cannot be changed', () => {
    const settings = load(NATIVE);
    assert.deepEqual(Object.keys(settings).sort(), Object.keys(TABLE).sort());
    assert.ok(Object.isFrozen(settings));
  });

  it('parses the defaults as anything that a user writes', () => {
    const { targets, events, steps, drain, timeout, dry_run, tag, method } = load(NATIVE);
    assert.deepEqual(
      { targets, events, drain, timeout, dry_run, tag, method },
      {
        targets: ['production'],
        events: ['promote', 'rollback'],
        drain: 4000,
        timeout: 300_000,
        dry_run: false,
        tag: undefined,
        method: 'post',
      },
    );
    assert.deepEqual(steps[0], { kind: 'weight', weight: 5, holdMs: 60_000 });
  });

  it('reads what was given', () => {
    const settings = load({ ...NATIVE, steps: '10% 2m,hold,100%', timeout: ' 90s ', 'dry-run': 'true' });
    assert.deepEqual(settings.workload, { kind: 'deployment', name: 'shop', followers: [] });
    assert.deepEqual(settings.steps, [
      { kind: 'weight', weight: 10, holdMs: 120_000 },
      { kind: 'hold' },
      { kind: 'weight', weight: 100, holdMs: 0 },
    ]);
    assert.equal(settings.timeout, 90_000);
    assert.equal(settings.dry_run, true);
  });

  it('is not moved by variables of others, such as NODE_ENV', () => {
    assert.deepEqual(
      loadSettings({ ...environmentOf(NATIVE), NODE_ENV: 'test', PATH: '/bin', PLUGINS: 'x' }).settings,
      load(NATIVE),
    );
  });

  it('reports all faults together, each with its name', () => {
    const faults = faultsOf(
      environmentOf({
        action: 'deploy',
        steps: '50% 1m, 10% 1m',
        timeout: '5 minutes',
        worklod: 'deployment/shop',
        'skip-verify': 'maybe',
        token: '',
        urls: 'keel:9300',
      }),
    );
    assert.equal(faults.length, 7);
    for (const expected of [
      /^`action` "deploy" is not one of auto, promote, rollback, abort, status, check, guard\.$/,
      /^`steps` step 2 \("10% 1m"\): weights must rise; an earlier step has 50%\.$/,
      /^`timeout` "5 minutes" is not a duration; examples: 30s, 5m, 1h30m\.$/,
      /^`worklod` is not a setting\. Did you mean `workload`\?$/,
      /^`skip_verify` "maybe" is not a boolean; write true or false\.$/,
      /^`token` is set but empty: its secret does not exist/,
      /^`urls` "keel:9300" is not an http or https URL\.$/,
    ]) {
      assert.equal(faults.filter((fault) => expected.test(fault)).length, 1, String(expected));
    }
  });

  it('reports all faults of a list together, each with the name of the setting', () => {
    const faults = faultsOf(
      environmentOf({
        ...NATIVE,
        steps: 'pause, 5% for 2m, 50% 1m, 20% 1m, 120%',
        checks: 'uptime >= 1, restarts <= many',
        valid_response_codes: '2xx, 200, 3xx',
      }),
    );
    const expected = [
      /^`steps` step 1 \("pause"\): /,
      /^`steps` step 2 \("5% for 2m"\): /,
      /^`steps` step 4 \("20% 1m"\): weights must rise; an earlier step has 50%\.$/,
      /^`steps` step 5 \("120%"\): the weight must be from 1% to 100%\.$/,
      /^`checks` check 1: "uptime >= 1" is not of the form .*\.$/,
      /^`checks` check 2: "many" is not a count such as 0\.$/,
      /^`valid_response_codes` "2xx" is not a whole number\.$/,
      /^`valid_response_codes` "3xx" is not a whole number\.$/,
    ];
    assert.equal(faults.length, expected.length, faults.join('\n'));
    for (const [index, each] of expected.entries()) assert.match(faults[index] ?? '', each);
  });

  it('says where all settings are listed', () => {
    assert.throws(
      () => load({}),
      (error) => error instanceof PromoteError && /docs\/settings\.md/.test(error.hint ?? ''),
    );
  });

  it('asks for the kind of a workload that is a name alone', () => {
    assert.deepEqual(faultsOf(environmentOf({ ...NATIVE, workload: 'web' })), [
      '`workload` "web" is not of the form deployment/NAME, statefulset/NAME, daemonset/NAME or rollout/NAME; did you mean deployment/web?',
    ]);
  });

  const KEEL = { urls: 'http://keel:9300/v1/webhooks/native', repo: 'shop' };
  const KUBECONFIG = { ...NATIVE, kubeconfig: '/root/.kube/config' };
  const SERVER = { ...NATIVE, server: 'https://192.0.2.1:6443', token: 'abcdef' };
  const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  type Cross = [what: string, settings: Record<string, string>, faults: RegExp[]];
  const crosses: Cross[] = [
    ['nothing at all', {}, [/^`workload` is missing; .*`urls` for Keel/, /^`repo` is missing/]],
    ['no repo', { workload: 'deployment/shop' }, [/^`repo` is missing; write the image without its tag/]],
    ['no repo, to abort', { workload: 'deployment/shop', action: 'abort' }, []],
    ['no repo, to see', { workload: 'deployment/shop', action: 'status' }, []],
    [
      'no repo, to roll back',
      { workload: 'deployment/shop', action: 'rollback' },
      [/^`repo` is missing; write the image without its tag/],
    ],
    ['two engines', { ...NATIVE, ...KEEL }, [/^`urls` selects Keel and `workload` selects another engine/]],
    ['two engines, and which', { ...NATIVE, ...KEEL, engine: 'keel' }, []],
    ['native without workload', { ...KEEL, engine: 'native' }, [/^`workload` is missing/]],
    ['a Rollout', { ...NATIVE, workload: 'rollout/shop' }, []],
    [
      'argo without workload',
      { repo: 'shop', engine: 'argo' },
      [/^`workload` is missing; write `workload: rollout\/NAME`/],
    ],
    [
      'a Rollout for the native engine',
      { ...NATIVE, workload: 'rollout/shop', engine: 'native' },
      [/^`workload` is a rollout, but `engine: native` promotes a deployment/],
    ],
    [
      'what a Rollout cannot have',
      { ...NATIVE, workload: 'rollout/shop', checks: 'latency <= stable', baseline: 'true' },
      [
        /^`checks` cannot compare latency with stable for a Rollout/,
        /^`baseline` and `strategy: experiment` need the native engine/,
      ],
    ],
    ['keel without urls', { repo: 'shop', engine: 'keel' }, [/^`urls` is missing/]],
    ['keel without repo', { urls: KEEL.urls }, [/^`repo` is missing; set it, or set a `template`/]],
    ['keel with a template', { urls: KEEL.urls, template: '{}' }, []],
    ['abort with keel', { ...KEEL, action: 'abort' }, []],
    ['status with keel', { ...KEEL, action: 'status' }, [/^`action: status` is not possible with Keel/]],
    ['rollback with keel', { ...KEEL, action: 'rollback' }, []],
    ['two clusters', { ...KUBECONFIG, ...SERVER }, [/^`kubeconfig` and `server` are both set/]],
    ['token without server', { ...NATIVE, token: 'abcdef' }, [/^`token` and `ca` need `server`/]],
    ['ca without server', { ...NATIVE, ca: PEM }, [/^`token` and `ca` need `server`/]],
    ['server with both', { ...SERVER, ca: PEM }, []],
    [
      'server without token',
      { ...NATIVE, server: 'https://192.0.2.1:6443', ca: PEM },
      [/^`server` is set but `token` is not; .*client certificate.*`kubeconfig`\.$/],
    ],
    ['context without kubeconfig', { ...SERVER, context: 'lab' }, [/^`context` needs `kubeconfig`/]],
    [
      'a server that is no URL',
      { ...SERVER, server: '127.0.0.1:6443' },
      [/^`server` "127\.0\.0\.1:6443" is not an http or https URL; write https:\/\/127\.0\.0\.1:6443\.$/],
    ],
    ...['ca', 'registry_ca', 'prometheus_ca', 'verify_key'].map(
      (name): Cross => [
        `${name} that is no PEM`,
        { ...SERVER, prometheus: 'http://prometheus', [name]: 'notpem' },
        [new RegExp(`^\`${name}\` must be PEM \\(-----BEGIN …\\) or the base64 of PEM\\.$`)],
      ],
    ),
    ['context with kubeconfig', { ...KUBECONFIG, context: 'lab' }, []],
    [
      'much at once',
      { ...KEEL, action: 'status', context: 'lab', token: 'abcdef' },
      [/^`action: status`/, /^`token` and `ca`/, /^`context`/],
    ],
  ];
  for (const [what, settings, expected] of crosses) {
    it(`judges settings together: ${what}`, () => {
      const faults = faultsOf(environmentOf(settings));
      assert.equal(faults.length, expected.length, faults.join('\n'));
      for (const [index, each] of expected.entries()) assert.match(faults[index] ?? '', each);
    });
  }

  it('keeps values of megabytes out of its messages, and answers at once', () => {
    const long = 'Ab-%:=.'.repeat(300_000);
    const names = rows.map(([name]) => name);
    for (const shape of [
      long,
      `[${long}`,
      `{"${long}":1}`,
      `{"A":"\\n${long}"}`,
      `10% ${long}`,
      `deployment/${long}`,
    ]) {
      const settings = Object.fromEntries([...names, long].map((name) => [name, shape]));
      const before = performance.now();
      const faults = faultsOf(environmentOf(settings));
      assert.ok(performance.now() - before < 10_000);
      assert.ok(faults.length > 10);
      for (const fault of faults) assert.ok(fault.length < 300, fault.slice(0, 300));
    }
  });

  it('shows no secret in a message, since nothing is masked before the settings are read', () => {
    const wrong: Record<string, string>[] = [
      { headers: 'Authorization: Bearer hunter22' },
      { headers: 'Authorization: Bearer hunter22=' },
      { headers: 'X-Key=a,hunter22' },
      { headers: '{"Authorization":"Bearer hunter22"' },
      { headers: '{"hunter22 hunter22":"x"}' },
      { headers: '["hunter22' },
      { headers: '{"X-Key":"hunter22\\n"}' },
      { headers: '{"X-Key":{"from_secret":"hunter22"}}' },
      { token: 'hunter22\nhunter22' },
      { password: 'hunter22\u0000' },
      { urls: 'ftp://ann:hunter22@keel/x' },
      { urls: 'ann:hunter22@keel:9300' },
      { urls: 'http://ann:p@hunter22@keel:port/' },
      { urls: 'keel/hooks?token=hunter22' },
      { urls: '["http://ann:hunter22@keel/' },
    ];
    for (const settings of wrong) {
      const faults = faultsOf(environmentOf({ ...NATIVE, ...settings }));
      assert.equal(faults.length, 1, JSON.stringify(settings));
      assert.doesNotMatch(faults.join(), /hunter22/);
    }
  });
});

describe('settings/load: the guard and the lease', () => {
  it('takes the guard’s image from the image that runs, if none is set', () => {
    const env = environmentOf({ ...NATIVE, guard: 'true' });
    assert.equal(
      loadSettings({ ...env, DRONE_PROMOTE_IMAGE: 'reg/drone-promote:1' }).settings.guard_image,
      'reg/drone-promote:1',
    );
    const own = { ...env, DRONE_PROMOTE_IMAGE: 'reg/drone-promote:1', PLUGIN_GUARD_IMAGE: 'other:2' };
    assert.equal(loadSettings(own).settings.guard_image, 'other:2');
  });

  it('refuses a guard without an image', () => {
    for (const image of [{}, { DRONE_PROMOTE_IMAGE: '' }]) {
      const env = { ...environmentOf({ ...NATIVE, guard: 'true' }), ...image };
      assert.deepEqual(faultsOf(env), [
        "`guard: true` needs the name of this plugin's image; set `guard_image` to the same value as `image:` of the step.",
      ]);
    }
  });

  it('takes a lease of whole seconds from 5s', () => {
    assert.equal(load({ ...NATIVE, lease: '5s' }).lease, 5000);
    for (const lease of ['4s', '5500ms', '0', 'long'])
      assert.throws(() => load({ ...NATIVE, lease }), /`lease`/);
  });
});
