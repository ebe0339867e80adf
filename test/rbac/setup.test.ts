import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { runCommand } from '../../src/cli/run-command.ts';

const AT = ['--namespace', 'shop', '--server', 'https://10.0.0.5:6443'];
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

const run = (...args: string[]) => runCommand(args, {});

describe('drone-promote setup', () => {
  it('prints lines that make a token, a kubeconfig with it, and the secret of Drone', () => {
    const { code, out, err } = run('setup', ...AT, '--repository', 'shop/web');
    assert.deepEqual([code, err], [0, '']);
    const [, secret = ''] = /<<'YAML'\n([\s\S]*?)\nYAML\n/.exec(out) ?? [];
    assert.deepEqual(parse(secret), {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name: 'drone-promote-token',
        namespace: 'shop',
        annotations: { 'kubernetes.io/service-account.name': 'drone-promote' },
      },
    });
    assert.match(out, /get secret drone-promote-token -o jsonpath='\{\.data\.token\}' \| base64 --decode/);
    assert.match(out, /-o jsonpath='\{\.data\.ca\\\.crt\}'/);
    assert.match(out, /drone secret add --repository 'shop\/web' --name kubeconfig --data @kubeconfig\.yaml/);
    assert.doesNotMatch(out, /does not reach this address/);
  });

  it('prints the kubeconfig where token and certificate are given', () => {
    for (const ca of [PEM, Buffer.from(PEM).toString('base64')]) {
      const { code, out } = run('setup', ...AT, '--token', 'abc', '--ca', ca);
      assert.equal(code, 0);
      assert.deepEqual(parse(out), {
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'drone-promote',
        clusters: [
          {
            name: 'cluster',
            cluster: {
              server: 'https://10.0.0.5:6443',
              'certificate-authority-data': Buffer.from(PEM).toString('base64'),
            },
          },
        ],
        users: [{ name: 'drone-promote', user: { token: 'abc' } }],
        contexts: [
          {
            name: 'drone-promote',
            context: { cluster: 'cluster', user: 'drone-promote', namespace: 'shop' },
          },
        ],
      });
    }
  });

  it('is about the account of the engine', () => {
    assert.match(run('setup', ...AT, '--engine', 'keel').out, /name: drone-promote-keel-token/);
    assert.match(run('setup', ...AT, '--workload', 'rollout/web').out, /name: drone-promote-token/);
  });

  it('warns of an address that only this machine reaches', () => {
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      const { out } = run('setup', '--namespace', 'shop', '--server', `https://${host}:6443`);
      assert.match(out, /does not reach this address/);
    }
  });

  it('lets no value of a flag become a command of the shell', () => {
    const { out } = run(
      'setup',
      '--namespace',
      'shop',
      '--server',
      "https://a/'$(id)`id`",
      '--repository',
      "x'; id; '",
    );
    assert.match(out, /^SERVER='https:\/\/a\/'\\''\$\(id\)`id`'$/m);
    assert.match(out, /--repository 'x'\\''; id; '\\''' --name/);
  });

  const refused: [what: string, args: string[], message: RegExp][] = [
    [
      'no server',
      ['--namespace', 'shop'],
      /`server` is missing: the address of the API server as the runner/,
    ],
    [
      'a server that is no URL',
      ['--namespace', 'shop', '--server', '10.0.0.5:6443'],
      /`server` "10\.0\.0\.5:6443" is not an http or https URL/,
    ],
    ['no namespace', ['--server', 'https://10.0.0.5:6443'], /`namespace` is missing/],
    ['a token alone', [...AT, '--token', 'abc'], /`token` and `ca` go together/],
    ['a certificate that is none', [...AT, '--token', 'abc', '--ca', 'abc'], /`ca` must be PEM/],
  ];
  for (const [what, args, message] of refused) {
    it(`refuses ${what}`, () => {
      const { code, out, err } = run('setup', ...args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, message);
    });
  }
});
