import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deployApp, paths, REPO, SETTINGS } from '../e2e/app.ts';
import { rbacRules } from '../e2e/rbac.ts';
import { cardsOf, stepEnvironment, withoutCard } from '../e2e/step-environment.ts';
import { type Clock, systemClock } from '../src/clock.ts';
import { HISTORY } from '../src/engines/native/lock/lease.ts';
import { decodeHistory } from '../src/engines/native/plan/record.ts';
import { main } from '../src/main.ts';
import { inSimWorld, type SimWorld } from './sim/world.ts';

const directory = mkdtempSync(join(tmpdir(), 'drone-promote-main-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let runs = 0;

const still: Clock = {
  now: () => Date.parse('2026-11-24T12:00:00Z'),
  monotonic: () => 0,
  // a turn of the event loop, so that answers can arrive
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
};

/** One run without a cluster: what it printed, its exit code, and its outputs as a text. */
async function run(
  settings: Record<string, unknown>,
  build: Record<string, string> = {},
  clock: Clock = still,
): Promise<{ code: number; log: string; output: string; outputs: string }> {
  const path = join(directory, `output-${++runs}`);
  const env = stepEnvironment(settings, { DRONE_OUTPUT: path, ...build });
  let output = '';
  const code = await main({
    env,
    clock,
    write: (text) => {
      output += text;
    },
    signal: new AbortController().signal,
  });
  return {
    code,
    output,
    log: withoutCard(output),
    outputs: existsSync(path) ? readFileSync(path, 'utf8') : '',
  };
}

/** Keel's webhook, which answers so and keeps what it was sent. */
async function withHook(
  status: number,
  body: (sent: string) => string,
  story: (url: string) => Promise<void>,
): Promise<void> {
  const server = http.createServer((request, response) => {
    let sent = '';
    request.on('data', (part: Buffer) => {
      sent += part;
    });
    request.on('end', () => {
      response.writeHead(status, { 'Content-Type': 'text/plain' });
      response.end(body(`${JSON.stringify(request.headers)} ${sent}`));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    await story(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const inWorld = (story: (world: SimWorld) => Promise<void>) => inSimWorld(rbacRules(), story);

describe('main: refused', () => {
  const refused: [
    what: string,
    settings: object,
    build: Record<string, string>,
    message: RegExp,
    hint: RegExp,
  ][] = [
    ['no settings at all', {}, {}, /`workload` is missing/, /docs\/settings\.md/],
    ['a setting that is none', { ...SETTINGS, workloads: 'x' }, {}, /`workloads` is not a setting/, /docs/],
    [
      'another event',
      SETTINGS,
      { DRONE_BUILD_EVENT: 'push' },
      /acts on promote and rollback events/,
      /when:/,
    ],
    ['another target', SETTINGS, { DRONE_DEPLOY_TO: 'staging' }, /promotes to production/, /targets/],
    [
      'a closed window',
      { ...SETTINGS, window: ['Mon 08:00-09:00'] },
      {},
      /outside of Mon/,
      /window_wait: 140h/,
    ],
    ['a pull request', SETTINGS, { DRONE_COMMIT_REF: 'refs/pull/7/head' }, /pull request/, /Merge it/],
    [
      'a kubeconfig that is none',
      { ...SETTINGS, kubeconfig: 'nonsense' },
      {},
      /`kubeconfig` cannot be read/,
      /path/,
    ],
  ];
  for (const [what, settings, build, message, hint] of refused) {
    it(`${what}: exit 2, said in the log and in the outputs`, async () => {
      const { code, log, outputs } = await run({ ...settings }, build);
      assert.equal(code, 2, log);
      assert.match(log, /^12:00:00 REFUSED +\(\S+\) /m);
      assert.match(log, message);
      assert.match(log, hint);
      assert.match(outputs, /^PROMOTE_OUTCOME=refused$/m);
      assert.match(outputs, /^PROMOTE_CODE=[a-z-]+$/m);
      const [reason = ''] = outputs.split('\n').filter((line) => line.startsWith('PROMOTE_REASON='));
      assert.match(reason, message);
    });
  }

  it('quotes no secret, although it has not understood the settings', async () => {
    const token = 'very-secret-token';
    const at = `http://ann:${token}@keel.example.com`;
    for (const settings of [
      { registry_password: token, steps: [`${token} 5%`] },
      { kubeconfig: `users:\n- user: {token: ${token}}\nclusters: []`, steps: [token] },
      { config: `{"auths":{"r":{"auth":"${btoa(`ann:${token}`)}"}}}`, steps: [token] },
      { urls: at, workload: `deployment/${token}` },
    ]) {
      const { code, output, outputs } = await run({ ...SETTINGS, ...settings });
      assert.equal(code, 2);
      assert.doesNotMatch(output + outputs, /secret-token/);
    }
  });

  it('names the workload and the namespace of the settings', async () => {
    const settings = { ...SETTINGS, namespace: 'shop' };
    const { outputs } = await run(settings, { DRONE_BUILD_EVENT: 'push' });
    assert.match(outputs, /^PROMOTE_WORKLOAD=deployment\/web\nPROMOTE_NAMESPACE=shop\nPROMOTE_CODE=event\n/m);
    const json = await run({ ...settings, log_format: 'json' }, { DRONE_BUILD_EVENT: 'push' });
    const { workload, namespace, code, startedAt, durationMs } = JSON.parse(json.log).outcome;
    assert.deepEqual([workload, namespace, code], ['deployment/web', 'shop', 'event']);
    assert.deepEqual([startedAt, durationMs], [still.now(), 0]);
  });

  it('leaves a card for Drone before the last line, without secrets, unless it is switched off', async () => {
    const settings = { ...SETTINGS, kubeconfig: 'nonsense-secret' };
    const { output, log } = await run(settings);
    const [card, ...more] = cardsOf(output);
    assert.deepEqual(more, [], 'a second card would destroy the first');
    assert.match(card?.schema ?? '', /^data:application\/json/);
    assert.equal(card?.data.word, 'REFUSED');
    assert.match(String(card?.data.reason), /`kubeconfig` cannot be read/);
    assert.ok(!JSON.stringify(card).includes('nonsense-secret'));
    assert.ok(output.endsWith(log.slice(log.lastIndexOf('\n', log.length - 2) + 1)));
    assert.deepEqual(cardsOf((await run({ ...settings, card: false })).output), []);
    assert.deepEqual(cardsOf((await run(settings, { DRONE_CARD_PATH: '' })).output), []);
  });

  it('has a summary on the page of a run of GitHub, without secrets', async () => {
    const path = join(directory, 'summary.md');
    await run({ ...SETTINGS, kubeconfig: 'nonsense-secret' }, { GITHUB_STEP_SUMMARY: path });
    const text = readFileSync(path, 'utf8');
    assert.match(text, /^## REFUSED$/m);
    assert.match(text, /kubeconfig\\` cannot be read/);
    assert.ok(!text.includes('nonsense-secret'));
  });

  it('tells the receivers of `notify` of a refusal too, also if other settings are wrong', async () => {
    const told: string[] = [];
    await withHook(
      200,
      (sent) => {
        told.push(sent);
        return 'ok';
      },
      async (url) => {
        const notify = `slack=${url}`;
        const { log } = await run({ ...SETTINGS, notify, workloads: 'x' }, {}, systemClock);
        assert.match(told.join(), /"text":"REFUSED shop\/web"/);
        assert.match(told.join(), /`workloads` is not a setting/);
        assert.ok(log.trimEnd().includes('REFUSED'), log);
      },
    );
    assert.equal(told.length, 1);
  });

  it('prints warnings of the settings before anything else: an unknown variable of a stage of Harness', async () => {
    const harness = {
      HARNESS_BUILD_ID: '12',
      PLUGIN_ARTIFACT_FILE: '/engine/abc-artifact',
      PLUGIN_PUSH: 'no',
    };
    const { log } = await run({ ...SETTINGS, kubeconfig: 'nonsense' }, harness);
    assert.match(
      log,
      /^12:00:00 warning +`push` is not a setting\.\n12:00:00 REFUSED +\(cluster\) `kubeconfig` cannot be/,
    );
  });

  it('makes an unexpected error one, with a hint, and without a stack', async () => {
    const broken: Clock = {
      ...still,
      monotonic: () => {
        throw new RangeError('the clock is broken');
      },
    };
    await withHook(
      200,
      () => 'ok',
      async (url) => {
        const { code, log, outputs } = await run({ urls: url, template: '{}' }, {}, broken);
        assert.equal(code, 2, log);
        assert.match(
          log,
          /REFUSED +\(\S+\) Unexpected error: the clock is broken\n +This is a bug of drone-promote; please report it\./,
        );
        assert.doesNotMatch(log, /\bat .*\.ts|RangeError/);
        assert.match(outputs, /^PROMOTE_REASON="Unexpected error: the clock is broken"$/m);
      },
    );
  });

  it('says so in the format that was asked for, or in the usual one where that is not known yet', async () => {
    const build = { DRONE_BUILD_EVENT: 'push' };
    const json = await run({ ...SETTINGS, log_format: 'json' }, build);
    assert.equal(JSON.parse(json.log).outcome.kind, 'refused');
    const unknown = await run({ ...SETTINGS, log_format: 'yaml' }, build);
    assert.match(unknown.log, /REFUSED +\(\S+\) `log_format` .*yaml.*is not one of pretty, json/);
  });

  it('says nothing else where only errors are wanted', async () => {
    const { log } = await run({ ...SETTINGS, log_level: 'error' }, { DRONE_BUILD_EVENT: 'push' });
    assert.match(log, /^12:00:00 REFUSED +\(event\) /);
  });
});

describe('main: outcomes', () => {
  it('has an exit code for each, writes the outputs of each, and never exits with 78', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const hold = { ...SETTINGS, steps: ['10% 1s', 'hold', '50% 1s'] };
      const tag = (DRONE_TAG: string) => ({ DRONE_TAG });
      const story: [
        settings: Record<string, unknown>,
        build: Record<string, string>,
        code: number,
        word: string,
      ][] = [
        [{ ...SETTINGS, dry_run: true }, {}, 0, 'shown'],
        [hold, {}, 0, 'held'],
        [hold, {}, 0, 'promoted'],
        [{ ...SETTINGS, action: 'status' }, {}, 0, 'shown'],
        [{ ...SETTINGS, action: 'abort' }, {}, 0, 'aborted'],
        [SETTINGS, tag('v1.2.0-crash'), 1, 'aborted'],
        [{ ...SETTINGS, service: 'wob' }, tag('v1.3.0'), 2, 'refused'],
        [{ ...SETTINGS, timeout: '5s' }, tag('v1.4.0-nopull'), 1, 'aborted'],
      ];
      for (const [settings, build, code, word] of story) {
        const step = await world.step(settings, build).done;
        assert.equal(step.code, code, step.log);
        assert.notEqual(step.code, 78);
        assert.equal(step.outputs.PROMOTE_OUTCOME, word, step.log);
        assert.deepEqual(Object.keys(step.outputs), [
          'PROMOTE_OUTCOME',
          'PROMOTE_IMAGE',
          'PROMOTE_DIGEST',
          'PROMOTE_WEIGHT',
          'PROMOTE_REASON',
          'PROMOTE_FROM',
          'PROMOTE_TO',
          'PROMOTE_WORKLOAD',
          'PROMOTE_NAMESPACE',
          'PROMOTE_CODE',
          'PROMOTE_WATCHED',
          'PROMOTE_DURATION',
        ]);
        assert.match(
          step.log.trimEnd(),
          new RegExp(`(?:^|\\n)\\d\\S+ ${word.toUpperCase()} +\\S.*(\\n {19}.*)*$`),
        );
      }
    }));

  it('says of an abort which release was aborted: in the outputs, the history and `status`', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const bad = await world.step(SETTINGS, { DRONE_TAG: 'v1.3.0-crash' }).done;
      assert.equal(bad.code, 1, bad.log);
      const { PROMOTE_FROM, PROMOTE_TO, PROMOTE_WORKLOAD, PROMOTE_NAMESPACE, PROMOTE_DURATION } = bad.outputs;
      assert.deepEqual(
        [PROMOTE_FROM, PROMOTE_TO, PROMOTE_WORKLOAD, PROMOTE_NAMESPACE],
        [`${REPO}:1.0.0`, `${REPO}:1.3.0-crash`, 'deployment/web', world.namespace],
      );
      const status = await world.step({ ...SETTINGS, action: 'status' }).done;
      assert.match(
        status.log,
        /status +Deployment\/web in \S+\n(?: {19}.*\n)* {19}[\d:]+ aborted 1\.3\.0-crash \(production stayed 1\.0\.0\), by build/,
      );
      assert.doesNotMatch(status.log, /\d\d:\d\d:\d\d\.\d/, 'no milliseconds beside the times of the log');
      const lease = await world.api.get(
        `/apis/coordination.k8s.io/v1/namespaces/${world.namespace}/leases/drone-promote-web`,
      );
      const [past] = decodeHistory(lease?.metadata.annotations[HISTORY]);
      assert.deepEqual([past?.from, past?.to], [PROMOTE_FROM, PROMOTE_TO]);
      const took = Date.parse(past?.at ?? '') - Date.parse(past?.startedAt ?? '');
      assert.equal(Math.round(took / 1000), Number(PROMOTE_DURATION));
    }));

  it('says once a minute how a step and a wait for pods go on', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const users = await world.load({ rate: 20 });
      const step = await world.step({ ...SETTINGS, steps: ['10% 3m'] }).done;
      await users.stop();
      assert.equal(step.code, 0, step.log);
      const lines = step.log.split('\n').filter((line) => / still +at 10 %/.test(line));
      assert.equal(lines.length, 2, step.log);
      assert.match(lines[0] ?? '', /at 10 %: \d+(m\d*s?|s) left; canary 0 of \d+ failed, stable 0 of [\d,]+/);
      const stuck = await world.step({ ...SETTINGS, timeout: '3m' }, { DRONE_TAG: 'v1.2.0-unready' }).done;
      assert.match(stuck.log, /still +for .*: since 1m\d*s?/);
    }));

  it('keeps in the history how many users the aborted release had', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const step = world.step({ ...SETTINGS, steps: ['50% 10m'] });
      await world.until('it holds', () => /holding +10m, at 50 %/.test(step.log()));
      await world.step({ ...SETTINGS, action: 'abort' }).done;
      const { outputs } = await step.done;
      assert.ok(Number(outputs.PROMOTE_DURATION) > 0, outputs.PROMOTE_DURATION);
      const lease = await world.api.get(
        `/apis/coordination.k8s.io/v1/namespaces/${world.namespace}/leases/drone-promote-web`,
      );
      const [past] = decodeHistory(lease?.metadata.annotations[HISTORY]);
      assert.deepEqual([past?.outcome, past?.weight], ['aborted', 50]);
    }));

  it('exits with 3 where a person is needed, and says what to do', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const step = world.step({ ...SETTINGS, timeout: '20s' });
      const web = `${paths(world.namespace).deployments}/web`;
      const image = async () => (await world.api.get(web))?.spec.template.spec.containers[0].image;
      await world.until('stable is written', async () => (await image()) === `${REPO}:1.1.0`);
      // from here on the namespace has no room for stable's new pods
      world.cluster.store.add('resourcequotas', {
        metadata: { name: 'small', namespace: world.namespace },
        spec: { hard: { pods: '1' } },
      });
      const ended = await step.done;
      assert.equal(ended.code, 3, ended.log);
      assert.equal(ended.outputs.PROMOTE_OUTCOME, 'stuck');
      assert.equal(ended.outputs.PROMOTE_WEIGHT, '100');
      assert.match(ended.log, /STUCK +Deployment\/web did not roll out/);
      assert.match(
        ended.log,
        /First remove the cause\. To resume, promote the same build again\. To roll back, run a step/,
      );
    }));

  it('comes down when its signal aborts, as at SIGTERM', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const step = world.step({ ...SETTINGS, steps: ['50% 10m'] });
      await world.until('it holds', () => /holding/.test(step.log()));
      step.terminate();
      const ended = await step.done;
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /ABORTED +The step was cancelled\./);
      assert.equal(ended.outputs.PROMOTE_OUTCOME, 'aborted');
    }));

  it('appends to DRONE_OUTPUT, and survives one that cannot be written', async () => {
    const build = { DRONE_BUILD_EVENT: 'push', DRONE_OUTPUT: join(directory, 'shared') };
    await run(SETTINGS, build);
    await run(SETTINGS, build);
    const lines = readFileSync(build.DRONE_OUTPUT, 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 24);
    assert.ok(lines.every((line) => /^PROMOTE_[A-Z]+=.*$/.test(line)));
    const { code, log } = await run(SETTINGS, {
      ...build,
      DRONE_OUTPUT: join(directory, 'no', 'such', 'folder'),
    });
    assert.equal(code, 2);
    assert.match(log, /warning +DRONE_OUTPUT cannot be written: /);
  });
});

describe('main: as a process', () => {
  it('prints on stdout alone, and exits with the code of the outcome', () => {
    const path = join(directory, 'process');
    const script = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
      env: stepEnvironment(SETTINGS, { DRONE_BUILD_EVENT: 'push', DRONE_OUTPUT: path }),
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(
      withoutCard(stdout),
      /^\d\d:\d\d:\d\d REFUSED +\(\S+\) This step acts on promote and rollback events/,
    );
    assert.equal(stderr, '');
    assert.match(readFileSync(path, 'utf8'), /^PROMOTE_OUTCOME=refused$/m);
  });

  it('with arguments, prints what a command makes, and the faults apart from it', () => {
    const script = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const env = { PLUGIN_NAMESPACE: 'shop' };
    const told = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
        env,
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    };
    const made = told('rbac', '--workload', 'deployment/web');
    assert.deepEqual([made.status, made.stderr], [0, '']);
    assert.match(made.stdout, /^apiVersion: v1\nkind: ServiceAccount\n[\s\S]*namespace: shop\n$/);
    const refused = told('rbac');
    assert.deepEqual([refused.status, refused.stdout], [2, '']);
    assert.match(refused.stderr, /^`workload` is missing/);
  });
});

describe('main: the page', () => {
  const page = join(directory, 'pages', 'promotion.html');
  const facts = () => JSON.parse(readFileSync(page.replace('.html', '.json'), 'utf8'));

  it('has the settings, with secrets by their names only', async () => {
    const settings = { ...SETTINGS, report: page, registry_password: 'pa55word', tag: 'x-pa55word' };
    await run(settings, { DRONE_BUILD_EVENT: 'push' });
    const given: { name: string; value?: string }[] = facts().settings;
    assert.deepEqual(
      given.find(({ name }) => name === 'registry_password'),
      { name: 'registry_password' },
    );
    assert.equal(given.find(({ name }) => name === 'tag')?.value, 'x-******');
    assert.doesNotMatch(readFileSync(page, 'utf8') + JSON.stringify(facts()), /pa55word/);
  });

  it('says why the settings are refused', async () => {
    await run({ ...SETTINGS, report: page, log_format: 'yaml' });
    assert.deepEqual([facts().outcome.kind, facts().outcome.code], ['refused', 'settings']);
    assert.match(readFileSync(page, 'utf8'), /REFUSED/);
  });

  it('has the counts over time and the end of a cancelled step; the log prints no counts', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const step = world.step({ ...SETTINGS, steps: ['50% 10m'], report: page, debug: true });
      await world.until('it holds', () => /holding/.test(step.log()));
      step.terminate();
      const { log } = await step.done;
      const { outcome, weights, counted } = facts();
      assert.equal(outcome.kind, 'aborted');
      assert.ok(weights.total > 0 && counted.total > 0, JSON.stringify(counted));
      assert.doesNotMatch(log, /counted|undefined/);
    }));

  it('only warns if it cannot be written', async () => {
    const { code, log } = await run(
      { ...SETTINGS, report: '/dev/null/x.html' },
      { DRONE_BUILD_EVENT: 'push' },
    );
    assert.equal(code, 2);
    assert.match(log, /warning +The page of `report` cannot be written: /);
  });
});

describe('main: secrets', () => {
  const SECRETS = ['pa55word', 'to"ken\\with-quotes', 'Bearer h34der-value'];
  const [password = '', token = '', header = ''] = SECRETS;
  const echo = { template: '{"a":1}', password, username: 'ann', headers: { 'X-Api-Key': header } };

  for (const format of ['pretty', 'json']) {
    for (const status of [200, 500]) {
      it(`masks them in the log and in the outputs, whatever the other side sends back (${format}, ${status})`, () =>
        withHook(
          status,
          (sent) => `you sent ${sent} and ${SECRETS.join(' ')}`,
          async (url) => {
            const all = [...SECRETS, Buffer.from(`ann:${password}`).toString('base64')];
            for (const settings of [echo, { template: '{}', token_value: token }]) {
              const own = settings === echo ? all.filter((each) => each !== token) : [token];
              const { log, outputs } = await run({ ...settings, urls: url, debug: true, log_format: format });
              assert.match(log, /\*\*\*\*/);
              for (const secret of own.flatMap((each) => [each, JSON.stringify(each).slice(1, -1)])) {
                assert.ok(!log.includes(secret), `${secret} in ${log}`);
                assert.ok(!outputs.includes(secret), outputs);
              }
            }
          },
        ));
    }
  }

  it('does not show one in a setting that is refused', async () => {
    const bad: Record<string, unknown>[] = [
      { urls: 'ftp://ann:pa55word@keel/x', template: '{}' },
      { urls: 'http://keel/x', template: '{}', headers: ['Authorization: pa55word'] },
      { ...SETTINGS, kubeconfig: 'apiVersion: v1\nusers: [{ token: pa55word' },
    ];
    for (const settings of bad) {
      const { code, log, outputs } = await run(settings);
      assert.equal(code, 2, log);
      assert.doesNotMatch(log + outputs, /pa55word/);
    }
  });
});
