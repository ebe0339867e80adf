import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { rbacObjects } from '../../e2e/rbac.ts';
import { runCommand } from '../../src/cli/run-command.ts';

const NATIVE = ['--workload', 'deployment/web', '--namespace', 'shop'];

const run = (...args: string[]) => runCommand(args, {});

describe('drone-promote rbac', () => {
  it('prints the objects as YAML, with a comment on each Role', () => {
    const { code, out, err } = run('rbac', ...NATIVE, '--guard');
    assert.deepEqual([code, err], [0, '']);
    const objects = parseAllDocuments(out).map((document) => document.toJS());
    assert.deepEqual(objects, rbacObjects({ workload: 'deployment/web', guard: 'true' }));
    const roles = out.split('---\n').filter((text) => /^kind: (Cluster)?Role$/m.test(text));
    assert.ok(roles.length > 5);
    for (const role of roles) assert.match(role, /^# [A-Z`]/);
    assert.ok(out.split('\n').every((line) => line.length <= 112));
  });

  it('says of the access log what it shows, and what is lost without', () => {
    const { out } = run('rbac', ...NATIVE);
    const [log = ''] = out
      .split('---\n')
      .filter((text) => text.includes('access-log:shop') && /^rules/m.test(text));
    const comment = log.replaceAll('\n# ', ' ');
    assert.match(comment, /addresses and paths of all its users/);
    assert.match(comment, /Without this Role the counters alone judge/);
  });

  it('takes settings from PLUGIN_ variables, and flags before them; what has no part in rights is not needed', () => {
    const env = {
      PLUGIN_WORKLOAD: 'deployment/web',
      PLUGIN_NAMESPACE: 'blog',
      PLUGIN_GUARD: 'true',
      PATH: '/bin',
    };
    assert.deepEqual(
      runCommand(['rbac', '--namespace', 'shop'], env).out,
      run('rbac', ...NATIVE, '--guard').out,
    );
  });

  it('gives rights on Secrets by their names, and on the ConfigMap of a controller', () => {
    const { out } = run(
      'rbac',
      ...NATIVE,
      '--pull-secrets',
      'registry,mirror',
      '--controller-config',
      'edge',
    );
    assert.equal(
      out.match(/^ {4}resources: \[secrets\]\n {4}resourceNames: \[(registry|mirror)\]$/gm)?.length,
      2,
    );
    assert.match(out, /^ {4}resources: \[configmaps\]\n {4}resourceNames: \[edge\]$/m);
  });

  it('quotes a name that YAML would read as something else', () => {
    const { out } = run('rbac', '--workload', 'deployment/web', '--namespace', '123');
    for (const document of parseAllDocuments(out)) {
      const { metadata } = document.toJS();
      assert.equal(typeof (metadata.namespace ?? ''), 'string');
    }
    assert.equal(parseAllDocuments(out)[0]?.toJS().metadata.namespace, '123');
  });

  const refused: [what: string, args: string[], message: RegExp][] = [
    [
      'no workload',
      ['--namespace', 'shop'],
      /`workload` is missing; write `workload: deployment\/NAME`, or set `urls` for Keel/,
    ],
    ['no namespace', ['--workload', 'deployment/web'], /`namespace` is missing/],
    ['a flag that is none', [...NATIVE, '--guardd'], /`guardd` is not a setting\. Did you mean `guard`\?/],
    ['a value without a flag', [...NATIVE, 'yes'], /"yes" is not a flag/],
    ['a flag without a value', ['--namespace', 'shop', '--workload'], /--workload has no value/],
    ['a value that is none', [...NATIVE, '--workload', 'web'], /--workload is given twice/],
    [
      'a name that is none',
      ['--workload', 'deployment/web', '--namespace', 'A b'],
      /`namespace` "A b" is not a valid Kubernetes name/,
    ],
    [
      'a Rollout for the native engine',
      ['--workload', 'rollout/web', '--namespace', 'shop', '--engine', 'native'],
      /`workload` is a rollout/,
    ],
    [
      'two engines',
      [...NATIVE, '--urls', 'http://keel'],
      /`urls` selects Keel and `workload` selects another engine/,
    ],
    [
      'bootstrap of a Deployment',
      [...NATIVE, '--bootstrap', 'true'],
      /`bootstrap: true` needs `workload: rollout\/NAME`/,
    ],
    [
      'Secrets for no registry',
      [...NATIVE, '--verify', 'false', '--pull-secrets', 'a'],
      /`pull-secrets` are read for the registry/,
    ],
    [
      'Secrets with Keel',
      ['--urls', 'http://keel', '--namespace', 'shop', '--pull-secrets', 'a'],
      /`pull-secrets` are read for the registry/,
    ],
    [
      'Secrets that are no names',
      [...NATIVE, '--pull-secrets', 'A,b'],
      /`pull-secrets` "A" is not a valid Kubernetes name/,
    ],
  ];
  for (const [what, args, message] of refused) {
    it(`refuses ${what}: exit 2, and nothing on stdout that could be applied`, () => {
      const { code, out, err } = run('rbac', ...args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, message);
      assert.match(err, /\ndrone-promote rbac --help\n$/);
    });
  }

  it('tells all faults together', () => {
    const { err } = run('rbac', '--workload', 'web', '--guardd');
    assert.match(err, /`guardd` is not[\s\S]*`workload` "web" is not[\s\S]*`namespace` is missing/);
  });
});
