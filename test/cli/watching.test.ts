import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCommand } from '../../src/cli/run-command.ts';

const DESK = { HOME: '/home/ann', TERM: 'xterm' };
const run = (args: string[], env: Record<string, string> = {}) =>
  runCommand(['watch', ...args], { ...DESK, ...env }, (path) => path === '/home/ann/.kube/config');

describe('cli/watching', () => {
  const table: [what: string, args: string[], env: Record<string, string>, kubeconfig: string | undefined][] =
    [
      ['the kubeconfig of the desk', [], {}, '/home/ann/.kube/config'],
      ['the one that is given', ['--kubeconfig', 'k'], {}, 'k'],
      ['the one of the variables of a step', [], { PLUGIN_KUBECONFIG: 'v' }, 'v'],
      ['none beside a server', ['--server', 'https://10.0.0.5', '--token', 't'], {}, undefined],
    ];
  for (const [what, args, env, kubeconfig] of table) {
    it(`takes ${what}`, () => {
      const { watch, err } = run(args, env);
      assert.equal(err, '');
      assert.equal(watch?.settings.kubeconfig, kubeconfig);
    });
  }

  it('watches until the user ends it, unless the flag says otherwise', () => {
    assert.equal(run([]).watch?.untilDone, false);
    assert.equal(run(['--until-done']).watch?.untilDone, true);
    assert.equal(run(['--until-done=false']).watch?.untilDone, false);
    assert.equal(
      run(['--until-done=soon']).err,
      '--until-done is true or false.\ndrone-promote watch --help\n',
    );
  });

  const ports: [args: string[], port: number | undefined][] = [
    [[], undefined],
    [['--web'], 0],
    [['--web', '8080'], 8080],
    [['--web', '--until-done'], 0],
  ];
  for (const [args, port] of ports) {
    it(`serves a page on ${port}: watch ${args.join(' ')}`, () => assert.equal(run(args).watch?.web, port));
  }
  for (const port of ['65536', '-1', 'x', '1.5'])
    it(`refuses the port ${port}`, () => assert.match(run([`--web=${port}`]).err, /^--web is a port/));

  it('has no colours if the terminal or the user has none', () => {
    assert.equal(run([]).watch?.isPlain, false);
    assert.equal(run([], { NO_COLOR: '1' }).watch?.isPlain, true);
    assert.equal(run([], { TERM: 'dumb' }).watch?.isPlain, true);
  });

  it('tells the faults of settings and options together', () =>
    assert.match(
      run(['--until-done=x', '--namespace', 'No', '--worklaod', 'x']).err,
      /namespace[\s\S]*worklaod|worklaod[\s\S]*namespace/,
    ));
});
