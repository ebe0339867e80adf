import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS, PRINTED } from '../../src/cli/commands.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { TABLE } from '../../src/settings/table/index.ts';
import { VERSION } from '../../src/version.ts';

const run = (...args: string[]) => runCommand(args, {});

/** The words of a command line without quotes. */
const words = (line: string) => line.split(' ').filter((word) => word !== '');

describe('cli/run-command: arguments', () => {
  const NATIVE = ['--workload', 'deployment/web', '--repo', '192.0.2.10:5000/shop/web'];
  const table: [what: string, args: string[], setting: keyof typeof TABLE, value: unknown][] = [
    ['a value', ['--namespace', 'shop'], 'namespace', 'shop'],
    ['a value behind an equals sign', ['--namespace=shop'], 'namespace', 'shop'],
    ['dashes', ['--controller-namespace', 'edge'], 'controller_namespace', 'edge'],
    ['underscores', ['--controller_namespace=edge'], 'controller_namespace', 'edge'],
    ['a boolean', ['--baseline'], 'baseline', true],
    ['a boolean with a value', ['--baseline=false'], 'baseline', false],
    ['a list', ['--service', 'a,b'], 'service', ['a', 'b']],
    ['a list, by its elements', ['--service', 'a', '--service', 'b'], 'service', ['a', 'b']],
    ['a word in any case', ['--finish', 'ROLL'], 'finish', 'roll'],
    ['a value with dashes in front', ['--registry-ca', '-----BEGIN'], 'registry_ca', '-----BEGIN'],
  ];
  for (const [what, args, setting, value] of table) {
    it(`${what}: ${args.join(' ')}`, () => {
      const { step, err } = run('promote', ...NATIVE, ...args);
      assert.ok(step, err);
      assert.deepEqual(loadSettings(step).settings[setting], value);
    });
  }

  it('a list with a map among its elements', () => {
    const map = '{"name":"home","url":"http://web.shop/"}';
    const { step, err } = run('promote', ...NATIVE, '--checks', 'success-rate >= 99%', '--checks', map);
    assert.ok(step, err);
    const { checks = [] } = loadSettings(step).settings;
    assert.deepEqual(
      checks.map(({ name }) => name),
      ['success-rate', 'home'],
    );
  });

  const refused: [what: string, args: string[], ...lines: string[]][] = [
    ['a flag without a value at the end', ['--namespace'], '--namespace has no value.'],
    ['a flag instead of a value', ['--namespace', '--guard'], '--namespace has no value.'],
    ['a value twice', ['--namespace', 'a', '--namespace', 'b'], '--namespace is given twice.'],
    ['a word', ['shop'], '"shop" is not a flag: flags begin with --.'],
    ['an action', ['--action', 'abort'], '--action is what the command says, such as drone-promote abort.'],
    [
      'unknown flags, all of them, with their values',
      ['--name-space', 'x', '--image=web', '--kube-token', 'y'],
      '`name_space` is not a setting. Did you mean `namespace`?',
      '`image` is not a setting. Write `repo: REGISTRY/NAME`; the tag is that of the build, or `tag`.',
      '`kube_token` is not a setting. Did you mean `token`?',
    ],
  ];
  for (const [what, args, ...lines] of refused) {
    it(`refuses ${what}`, () => {
      const { code, out, err } = run('promote', ...args);
      assert.deepEqual([code, out], [2, '']);
      assert.deepEqual(err.trimEnd().split('\n'), [...lines, 'drone-promote promote --help']);
    });
  }

  it('refuses an unknown command, and a flag before the command', () => {
    assert.match(run('promot').err, /^"promot" is not a command. Did you mean "promote"\?\nUsage: /);
    assert.match(
      run('--workload', 'x').err,
      /^"--workload" stands before a command; .* promote --workload …/,
    );
  });
});

describe('cli/run-command: help', () => {
  it('says the version', () => assert.deepEqual(run('--version'), { code: 0, out: `${VERSION}\n`, err: '' }));

  for (const args of [['--help'], ['-h'], ['help']]) {
    it(`${args.join(' ')} has every command in the order of the table`, () => {
      const { code, out } = run(...args);
      assert.equal(code, 0);
      const listed = [...out.matchAll(/^ {2}([a-z]+) {2,}[A-Z]/gm)].map(([, name]) => name);
      assert.deepEqual(listed, Object.keys(COMMANDS));
    });
  }

  it('promote --help: five settings first, then all others by group, and the example', () => {
    const { out } = run('promote', '--help');
    const [, first = '', second = ''] = out.split(/\n\n(?=[A-Z][a-z ]+:\n)/);
    const flags = (text: string) => [...text.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    assert.deepEqual(flags(first), ['repo', 'kubeconfig', 'namespace', 'workload', 'steps']);
    assert.match(second, /^What to do:\n/);
    const all = Object.keys(TABLE).filter((name) => name !== 'action');
    assert.deepEqual(flags(out).sort(), all.map((name) => name.replaceAll('_', '-')).sort());
    assert.match(out, /\nExample: drone-promote promote --workload deployment\/web /);
    const long = out.split('\n').filter((line) => line.length > 100 && !line.startsWith('Example: '));
    assert.deepEqual(long, []);
  });

  it('status --help: only what a status needs', () => {
    const { out } = run('status', '--help');
    assert.match(out, /--workload <value>/);
    assert.doesNotMatch(out, /--steps|--urls/);
  });

  for (const [name, { example, summary }] of Object.entries(COMMANDS)) {
    it(`the example of ${name} works`, () => {
      assert.match(run(name, '--help').out, new RegExp(`^Usage: drone-promote ${name} `));
      const [line = ''] = example.split(/ [|>] /);
      const { code, err, out, step, watch } = run(...words(line));
      assert.equal(code, 0, err);
      if (name === 'watch') assert.equal(watch?.untilDone, true);
      else if (name in PRINTED) assert.notEqual(out, '');
      else assert.ok(step && loadSettings(step).settings, summary);
    });
  }
});

describe('cli/run-command: settings', () => {
  it('lists all of them by group, each with an example', () => {
    const { out } = run('settings');
    for (const name of Object.keys(TABLE)) assert.match(out, new RegExp(`^  ${name} +\\S`, 'm'));
    assert.match(out, /^Native\n/m);
  });

  it('explains some in full, by name or by flag', () => {
    const { out } = run('settings', 'steps', '--first-contact', 'TOKEN');
    assert.match(out, /^steps\nThe steps of a promotion; weights must rise\. .*\n/);
    assert.match(out, /^ {2}default: +5% 1m, 25% 2m, 50% 2m$/m);
    assert.match(out, /^ {2}in a pipeline: steps: \[ 10% 2m, hold, 50% until-sure 10m \]$/m);
    assert.match(out, /^first_contact\n/m);
    assert.match(out, /^token\nThe token .*\n {2}type: +string, secret\n {2}required: +with `server`$/m);
  });

  it('refuses one that is none, with the nearest', () => {
    const { code, err } = run('settings', 'step', 'timeout');
    assert.equal(code, 2);
    assert.match(err, /^`step` is not a setting\. Did you mean `steps`\?\n/);
  });
});
