import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { runCommand } from '../src/rbac/command.ts';
import { commentOf } from '../src/rbac/yaml.ts';
import { type Setting, TABLE } from '../src/settings/table.ts';

/**
 * Makes docs/settings.md and content.yaml (the entry of Drone's plugin index) from the table of settings, and deploy/ by `rbac`, so that
 * they cannot say anything else than the program does.
 *
 *     npm run docs            writes them
 *     npm run docs -- --check fails where a file is not as it would be made
 */
const rows = Object.entries(TABLE) as [string, Setting<unknown>][];
const made: Readonly<Record<string, string>> = {
  'docs/settings.md': settingsPage(),
  'content.yaml': contentYaml(),
  'deploy/rbac.yaml': rights(['--workload', 'deployment/web', '--guard'], 'a Deployment'),
  'deploy/rbac-argo.yaml': rights(['--workload', 'rollout/web', '--guard'], 'a Rollout'),
  'deploy/rbac-bootstrap.yaml': rights(
    [
      '--workload',
      'rollout/web',
      '--bootstrap',
      'true',
      '--checks',
      '{"name":"answers","url":"http://web.shop.svc/"}',
    ],
    'a Rollout that is made of a Deployment first',
  ),
  'deploy/rbac-keel.yaml': rights(
    ['--urls', 'http://keel:9300/v1/webhooks/native', '--checks', 'restarts<=0'],
    "an image through Keel's webhook, with `kubeconfig`",
  ),
};

if (process.argv.includes('--check')) {
  const stale = Object.entries(made).filter(([file, text]) => read(file) !== text);
  for (const [file] of stale) console.error(`${file} is stale: npm run docs`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync('docs', { recursive: true });
  for (const [file, text] of Object.entries(made)) writeFileSync(file, text);
}

/** An example of `drone-promote rbac`: what a promotion of something needs. */
function rights(flags: readonly string[], what: string): string {
  const args = ['rbac', '--namespace', 'shop', ...flags];
  const { code, out, err } = runCommand(args, {});
  if (code !== 0) throw new Error(err);
  const words = args.map((arg) => (/[^\w:/.-]/.test(arg) ? `'${arg}'` : arg)).join(' ');
  return `# Made by \`npm run docs\`; changes here are overwritten. This is what the following command prints:
#   drone-promote ${words}
${commentOf(`The rights to promote ${what}. Apply it without -n, for each object has its namespace: that of the workload is shop, the ingress controller's is ingress-nginx. For your own names and settings run the command; an account that needs several such files gets all their rights.`)}
${out}`;
}

function settingsPage(): string {
  const groups = [...new Set(rows.map(([, { group }]) => group))];
  return `# Settings

<!-- Made by \`npm run docs\` from src/settings/table.ts; changes here are overwritten. -->

What stands below \`settings:\` of the step. Dashes and underscores in a name are the same. A list is a YAML list, or one text with
commas. Durations are written \`30s\`, \`5m\`, \`1h30m\`. A name that is not here is an error, and all errors are told together. Secrets
(marked) are never printed; give them as \`NAME: { from_secret: … }\` directly below \`settings:\`, for Drone does not replace a
\`from_secret\` that stands deeper.
${groups.map(section).join('')}`;
}

function section(group: string): string {
  const lines = rows.filter(([, row]) => row.group === group).map(([name, row]) => line(name, row));
  return `
## ${group.charAt(0).toUpperCase()}${group.slice(1)}

| name | type | default | what it does |
|---|---|---|---|
${lines.join('\n')}
`;
}

function line(name: string, { type, default: fallback, required, secret, description }: Setting<unknown>) {
  const marks = [required === undefined ? '' : ` Required ${required}.`, secret ? ' Secret.' : ''].join('');
  const cells = [`\`${name}\``, type, fallback === undefined ? '' : `\`${fallback}\``, description + marks];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function contentYaml(): string {
  return stringify(
    {
      title: 'drone-promote',
      author: 'drone-promote',
      description:
        'Promotes a release to production: a canary on Kubernetes with ingress-nginx and no controller, Argo Rollouts, or Keel’s webhook',
      tags: ['deploy', 'kubernetes', 'canary', 'promotion', 'keel'],
      // where image and sources are published is for whoever publishes them: the examples name a registry of the reader's own
      repo: 'drone-promote',
      image: '192.0.2.10:5000/drone-promote',
      license: 'Apache-2.0',
      readme: 'README.md',
      example: example(),
      properties: Object.fromEntries(rows.map(([name, row]) => [name, property(row)])),
    },
    { lineWidth: 0 },
  );
}

function property({ type, default: fallback, required, secret, description }: Setting<unknown>) {
  const isList = type.startsWith('list');
  return {
    type: type === 'boolean' ? 'boolean' : isList ? 'list' : 'string',
    defaultValue: fallback ?? '',
    description: required === undefined ? description : `${description} Required ${required}.`,
    secret: secret === true,
    required: false,
  };
}

/** The promotion of this project's own .drone.yml, which the tests run through the settings. */
function example(): string {
  return read('.drone.yml').split('---\n').at(-1)?.trim() ?? '';
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
