import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { stepEnvironment, withoutCard } from '../../../step-environment.ts';
import { startContainer, WORKSPACE } from '../../container-step.ts';
import { buildsOf, deskOf } from '../desk.ts';

/**
 * Instead of Drone, its runner and its CLI. A push that a pipeline wants is a build, which is not run; a promotion runs the pipelines of `.drone.yml` in the commit of the build, as containers, and
 * shows their log, which Drone shows in the browser.
 */
interface Pipeline {
  kind?: string;
  trigger?: { event?: string[]; target?: string[] };
  steps?: { name: string; image: string; settings: Record<string, unknown> }[];
}

const { folder, image } = deskOf();
const secrets = join(folder, 'secrets');
const [topic, verb, ...words] = process.argv.slice(2);

if (topic === 'secret' && verb === 'add') addSecret(words);
else if (topic === 'build' && (verb === 'promote' || verb === 'rollback')) await promote(verb, words);
else if (topic === undefined) hear(readFileSync(0, 'utf8'));
else fail(`the walk does not know drone ${topic} ${verb}`);

function addSecret(args: string[]): void {
  const flag = (name: string) => args[args.indexOf(name) + 1] ?? fail(`${name} is missing`);
  const data = flag('--data');
  writeFileSync(join(secrets, flag('--name')), data.startsWith('@') ? readFileSync(data.slice(1)) : data);
}

/** As Drone hears of a push: a line for each ref. */
function hear(pushed: string): void {
  for (const line of pushed.trimEnd().split('\n')) {
    const [, commit = '', ref = ''] = line.split(' ');
    const event = ref.startsWith('refs/tags/') ? 'tag' : 'push';
    if (pipelinesOf(commit, event).length > 0) appendFileSync(buildsOf(folder), `${ref} ${commit}\n`);
  }
}

/** The pipelines in the commit that want the event. */
function pipelinesOf(commit: string, event: string, target?: string): Pipeline[] {
  const repository = join(folder, 'web.git');
  const { status, stdout } = spawnSync('git', ['-C', repository, 'show', `${commit}:.drone.yml`], {
    encoding: 'utf8',
  });
  if (status !== 0) return [];
  const wants = (wanted: string[] | undefined, one: string | undefined) =>
    wanted === undefined || (one !== undefined && wanted.includes(one));
  return parseAllDocuments(stdout)
    .map((each) => each.toJS() as Pipeline)
    .filter(({ trigger }) => wants(trigger?.event, event) && wants(trigger?.target, target));
}

async function promote(event: string, [repository = '', build = '', target = '', ...more]: string[]) {
  const builds = readFileSync(buildsOf(folder), 'utf8').trimEnd().split('\n');
  const [ref = '', commit = ''] = builds[Number(build) - 1]?.split(' ') ?? fail('Not Found');
  const number = String(builds.length + 1);
  appendFileSync(buildsOf(folder), `${ref} ${commit}\n`);
  const pipelines = pipelinesOf(commit, event, target);
  if (pipelines.length === 0) fail('trigger: skipping build, no matching pipelines');
  console.log(`Build ${number}`);
  const tag = ref.replace('refs/tags/', '');
  const variables = {
    // above the settings stand the parameters of the promotion
    ...Object.fromEntries(
      more.filter((each) => each !== '--param').map((each) => each.split(/=(.*)/s).slice(0, 2)),
    ),
    DRONE_BUILD_EVENT: event,
    DRONE_BUILD_NUMBER: number,
    DRONE_BUILD_PARENT: build,
    DRONE_BUILD_LINK: `https://drone.example.com/${repository}/${number}`,
    DRONE_COMMIT_REF: ref,
    DRONE_COMMIT_SHA: commit,
    DRONE_DEPLOY_TO: target,
    DRONE_REPO: repository,
    DRONE_SEMVER: tag.replace(/^v/, ''),
    DRONE_TAG: tag,
  };
  const workspace = join(folder, `workspace-${number}`);
  mkdirSync(workspace);
  let isGreen = true;
  for (const step of pipelines.flatMap(({ steps = [] }) => steps)) {
    if (isGreen) isGreen = (await run(step, variables, workspace)) === 0;
  }
  console.log(`Build ${number} is ${isGreen ? 'green' : 'red'}`);
}

/** @returns the exit code of the step */
function run(
  { image: name, settings }: NonNullable<Pipeline['steps']>[number],
  variables: Record<string, string>,
  workspace: string,
): Promise<number> {
  const built = join(folder, 'images');
  if (!existsSync(built) || !readFileSync(built, 'utf8').split('\n').includes(name))
    fail(`Error response from daemon: manifest for ${name} not found`);
  const values = Object.entries(settings).map(([key, value]) => [key, secretOr(value)]);
  const env = stepEnvironment(Object.fromEntries(values), variables);
  const child = startContainer(image, {
    env,
    mounts: [[workspace, WORKSPACE]],
    cwd: WORKSPACE,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => process.stdout.write(withoutCard(text)));
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1)));
}

/** The value of a secret, which Drone replaces at the top of the settings; null where there is none of that name. */
function secretOr(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('from_secret' in value)) return value;
  const name = String(value.from_secret);
  return readdirSync(secrets).includes(name) ? readFileSync(join(secrets, name), 'utf8') : null;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
