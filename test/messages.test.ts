import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stepEnvironment } from '../e2e/step-environment.ts';
import type { Clock } from '../src/clock.ts';
import { main } from '../src/main.ts';

const still: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };

/** Settings that are complete, for a cluster that nobody connects to. */
const S = {
  repo: '192.0.2.10:5000/shop/web',
  workload: 'deployment/web',
  server: 'https://10.0.0.5:6443',
  token: 'x',
  verify: 'false',
};

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The mistakes of a new user: what the pipeline says, and the lines of the refusal. */
const MISTAKES: readonly [
  what: string,
  step: [settings: Record<string, unknown>, build?: Record<string, string>],
  ...lines: string[],
][] = [
  [
    'nothing is set',
    [{}],
    '(settings) `workload` is missing; write `workload: deployment/NAME`, or set `urls` for Keel.',
    '`repo` is missing; write the image without its tag, such as `repo: 192.0.2.10:5000/shop`.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a build of a push',
    [S, { DRONE_BUILD_EVENT: 'push' }],
    '(event) This step acts on promote and rollback events; this one is "push".',
    'In the pipeline, the step needs:',
    '  when:',
    '    event: [ promote, rollback ]',
    '    target: [ production ]',
  ],
  [
    'another target',
    [S, { DRONE_DEPLOY_TO: 'staging' }],
    '(target) This step promotes to production; the target of this build is "staging".',
    'In the pipeline, the step needs:',
    '  when:',
    '    event: [ promote, rollback ]',
    '    target: [ production ]',
    'To allow another target, add it to `targets`.',
  ],
  [
    'names of other plugins',
    [
      {
        ...S,
        step: 1,
        kube_config: 'x',
        deployment: 'web',
        image: 'web',
        kubernetes_token: 'x',
        api_server: 'x',
      },
    ],
    '(settings) `step` is not a setting. Did you mean `steps`?',
    '`kube_config` is not a setting. Did you mean `kubeconfig`?',
    '`deployment` is not a setting. Write `workload: deployment/NAME`.',
    '`image` is not a setting. Write `repo: REGISTRY/NAME`; the tag is that of the build, or `tag`.',
    '`kubernetes_token` is not a setting. Did you mean `token`?',
    '`api_server` is not a setting. Did you mean `server`?',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    "the plugin's own image",
    [{ ...S, image: '192.0.2.10:5000/drone-promote:0.1.0' }],
    "(settings) `image` is this plugin's own image: write it beside `settings:` of the step; for the guard it is `guard_image`.",
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'bad steps, all of them',
    [{ ...S, steps: ['5 2m', 'pause', '5% for 2m', '25% 5min', '120% 1m', '10% 1m'] }],
    '(settings) `steps` step 1 ("5 2m"): write a weight and a time, such as 10% 2m or 10% until-sure 10m, or hold.',
    '`steps` step 2 ("pause"): write hold instead.',
    '`steps` step 3 ("5% for 2m"): write a weight and a time, such as 10% 2m or 10% until-sure 10m, or hold.',
    '`steps` step 4 ("25% 5min"): "5min" is not a duration; examples: 30s, 5m, 1h30m.',
    '`steps` step 5 ("120% 1m"): the weight must be from 1% to 100%.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'falling weights',
    [{ ...S, steps: ['50% 1m', '10% 1m'] }],
    '(settings) `steps` step 2 ("10% 1m"): weights must rise; an earlier step has 50%.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'only a hold',
    [{ ...S, steps: ['hold'] }],
    '(settings) `steps` has no weight; example: 10% 2m.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    "Argo's steps",
    [{ ...S, steps: [{ setWeight: 5 }, { pause: {} }] }],
    "(settings) `steps` has the form of Argo Rollouts' steps; example: [ 5% 2m, hold, 50% 5m ].",
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a build of a branch',
    [
      { ...S, dry_run: true },
      { DRONE_TAG: '', DRONE_COMMIT_REF: 'refs/heads/main' },
    ],
    '(tag) The build has no tag (its ref is "refs/heads/main"), so there is no release to promote.',
    'Promote the build of a tag, or set `tag` (`--tag`). There is no default: "latest" is not a release.',
  ],
  [
    'a build without a ref',
    [
      { ...S, dry_run: true },
      { DRONE_TAG: '', DRONE_COMMIT_REF: '' },
    ],
    '(tag) The build has no tag (and no ref), so there is no release to promote.',
    'Promote the build of a tag, or set `tag` (`--tag`). There is no default: "latest" is not a release.',
  ],
  [
    'a repository with a tag',
    [{ ...S, repo: '192.0.2.10:5000/shop/web:latest' }],
    '(reference) `repo` must be a repository without a tag or digest, but it is "192.0.2.10:5000/shop/web:latest".',
    'The tag comes from DRONE_TAG, or from `tag`.',
  ],
  [
    'base64 of base64',
    [{ ...S, server: null, token: null, kubeconfig: base64(base64('clusters: []')) }],
    '(cluster) `kubeconfig` cannot be read: it is the base64 of base64; encode the file once.',
    'It takes the content of a kubeconfig file, the base64 of it, or a path to it.',
  ],
  [
    'a secret that does not exist',
    [{ ...S, token: '' }],
    '(settings) `token` is set but empty: its secret does not exist, or is not allowed for this event or repository.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a secret inside a list',
    [{ ...S, checks: [{ token: { from_secret: 'x' } }] }],
    '(settings) `checks` has a from_secret inside a list or map, which Drone does not replace. Write it directly: checks: { from_secret: NAME }.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a server without its scheme',
    [{ ...S, server: '127.0.0.1:6443' }],
    '(settings) `server` "127.0.0.1:6443" is not an http or https URL; write https://127.0.0.1:6443.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a server without a token',
    [{ ...S, token: null }],
    '(settings) `server` is set but `token` is not; for a client certificate, use `kubeconfig`.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a certificate that is none',
    [{ ...S, ca: 'notpem' }],
    '(settings) `ca` must be PEM (-----BEGIN …) or the base64 of PEM.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a workload without its kind',
    [{ ...S, workload: 'web' }],
    '(settings) `workload` "web" is not of the form deployment/NAME, statefulset/NAME, daemonset/NAME or rollout/NAME; did you mean deployment/web?',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a guard without its image',
    [{ ...S, guard: true }],
    "(settings) `guard: true` needs the name of this plugin's image; set `guard_image` to the same value as `image:` of the step.",
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a duration without a unit',
    [{ ...S, timeout: 300 }],
    '(settings) `timeout` "300" has no unit; write 300s or 300m.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'bad checks, all of them',
    [{ ...S, checks: ['error-rate < 1%', 'latency', 'restarts < x'] }],
    '(settings) `checks` check 1: "error-rate < 1%" is not of the form success-rate >= 99.5%, latency-p99 <= 500ms, latency <= stable or restarts <= 0.',
    '`checks` check 2: "latency" is not of the form success-rate >= 99.5%, latency-p99 <= 500ms, latency <= stable or restarts <= 0.',
    '`checks` check 3: "restarts < x" is not of the form success-rate >= 99.5%, latency-p99 <= 500ms, latency <= stable or restarts <= 0.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
  [
    'a boolean that is none',
    [{ ...S, guard: 'maybe' }],
    '(settings) `guard` "maybe" is not a boolean; write true or false.',
    'All settings: docs/settings.md, or run this image with `settings`.',
  ],
];

describe('the first mistakes, as they are told', () => {
  for (const [what, [settings, build], ...lines] of MISTAKES) {
    it(what, async () => {
      let log = '';
      const code = await main({
        env: stepEnvironment(settings, { ...build, DRONE_CARD_PATH: '' }),
        clock: still,
        write: (text) => {
          log += text;
        },
        signal: new AbortController().signal,
      });
      assert.equal(code, 2);
      // behind the time and the word REFUSED
      const told = log
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(19));
      assert.deepEqual(told, lines);
    });
  }
});
