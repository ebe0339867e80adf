import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageOf, REPO } from '../../app.ts';
import { inPlace, type Place } from '../../lab/walk/place.ts';
import { type Act, actsOf, withLog } from '../../lab/walk/read-document.ts';
import { recordingOf, type Walked } from '../../lab/walk/recording.ts';
import { type Replacement, walk } from '../../lab/walk/walk.ts';
import type { Scenario } from '../../scenario.ts';
import { gist } from './tutorial.ts';

const PROJECT = new URL('../../../', import.meta.url).pathname;
/** The folder of recordings, if they are to be made (`npm run docs:recording`). */
const RECORDINGS = process.env.WALK_RECORDINGS;

/** What a person fills in, or cannot do in the lab. The programs of lab/walk/stand-ins say what they do instead. */
const SERVER: Replacement = {
  what: 'https://10.0.0.5:6443',
  by: 'https://10.0.0.1:6443',
  why: 'the address of the API server is an example: each person writes their own',
};

/** Of the tutorial. */
const TUTORIAL: readonly Replacement[] = [
  SERVER,
  {
    what: /^docker run .* promote --kubeconfig .*/s,
    by: undefined,
    why: 'it stands for `drone build promote`, for people without Drone, and the release is promoted already',
  },
];

/** Of README. */
const README: readonly Replacement[] = [
  SERVER,
  {
    what: '[ 5% 2m, 25% 5m, hold, 50% 5m ]',
    by: '[ 5% 5s, 25% 5s, hold, 50% 5s ]',
    why: 'twelve minutes of holding show no more',
  },
  { what: /^ {6}repo: /m, by: '      insecure: true\n      repo: ', why: "the lab's registry has no TLS" },
  { what: '--tag 1.4.2', by: '--tag 1.4.2 --insecure', why: "the lab's registry has no TLS" },
];

/** What README takes for granted, as the tutorial makes it, with the tags of README: an app that its users use. */
const APP: readonly Replacement[] = [
  { what: '1.0.0', by: '1.4.1', why: 'the current version of README' },
  { what: '1.1.0', by: '1.4.2', why: 'the release of README' },
  { what: '1.2.0-err50', by: undefined, why: 'README has no bad release' },
];

/** A document's lines and files, in the section whose heading begins so, or in all. */
function acts(document: string, section = ''): Act[] {
  return actsOf(readFileSync(join(PROJECT, document), 'utf8')).filter((act) =>
    act.section.startsWith(section),
  );
}

function commands(...lines: string[]): Act[] {
  return lines.map((text) => ({ kind: 'command', section: 'what the document takes for granted', text }));
}

/** The image of the plugin, as its how-to builds it from a clone. */
const OWN_IMAGE = [
  ...commands(`git clone --quiet --depth 1 'file://${PROJECT}' ../drone-promote && cd ../drone-promote`),
  ...acts('docs/how-to/build-the-image.md').filter(({ text }) => text.startsWith('docker ')),
  ...commands('cd ../web'),
];

/** A scenario in a shell of a person who has a cluster, a registry, an empty repository and this project. */
function walked(name: string, builds: number, tell: (place: Place) => Promise<Walked[]>): Scenario {
  return {
    name,
    only: 'lab',
    needs: ['kubectl', 'container'],
    inFull: true,
    run: (world) => inPlace(world, builds, async (place) => keep(name, await tell(place), place.folder)),
  };
}

/** The pipeline of a project that builds each tag, as the tutorial has it. */
const BUILD_PIPELINE: Act = {
  kind: 'file',
  section: 'what README takes for granted',
  name: '.drone.yml',
  text: fileOf('docs/tutorial.md', '.drone.yml').split('---\n')[0] ?? '',
};

function fileOf(document: string, name: string): string {
  const found = acts(document).find((act) => act.kind === 'file' && act.name === name);
  return found?.text ?? assert.fail(`${document} has no ${name}`);
}

/** Commands that stand in a sentence. */
function inlineCommands(document: string, wanted: RegExp): string[] {
  const text = readFileSync(join(PROJECT, document), 'utf8');
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code).filter((code) => wanted.test(code));
}

/** Prints how long each line took, and writes the recording if it is asked for. */
function keep(name: string, steps: readonly Walked[], folder: string): void {
  const last = steps.at(-1);
  const minutes = last && 'tookMs' in last ? (last.at + last.tookMs) / 60_000 : 0;
  for (const each of steps)
    if ('tookMs' in each) console.log(`# ${(each.tookMs / 1000).toFixed(1)} s ${each.command}`);
  console.log(`# ${minutes.toFixed(1)} minutes in all`);
  assert.ok(minutes < 10, `${minutes} minutes`);
  if (RECORDINGS === undefined) return;
  mkdirSync(RECORDINGS, { recursive: true });
  const title = `${name}.\nMade by \`npm run docs:recording\` on a real API server; docker, helm and drone are stand-ins, whose words are in brackets.`;
  const masked = (text: string) => text.replaceAll(`${folder}/`, '~/').replaceAll(`file://${PROJECT}`, 'URL');
  const text = recordingOf(title, steps, masked);
  writeFileSync(join(RECORDINGS, `${name.split(',')[0]}.txt`), text);
}

/**
 * Compares the parts of a log of the tutorial that are the same in each run; the log of a bad release differs where it is found. With
 * recordings, the tutorial gets the log of this run instead.
 */
function compareLogs(shown: string, seen: string, of: string): void {
  // around the log of the step are the lines of the stand-in for Drone
  const log = seen.replaceAll(/^Build .*\n/gm, '');
  if (RECORDINGS !== undefined) {
    const tutorial = join(PROJECT, 'docs/tutorial.md');
    writeFileSync(tutorial, withLog(readFileSync(tutorial, 'utf8'), of, log));
    return;
  }
  const [expected, printed] = [gist(shown), gist(log)];
  if (!of.includes('err')) assert.deepEqual(printed, expected, seen);
  else {
    assert.deepEqual(printed.slice(0, 8), expected.slice(0, 8), seen);
    assert.deepEqual(printed.slice(-6), expected.slice(-6), seen);
  }
}

export const scenarios: Scenario[] = [
  walked('tutorial, walked: each line of docs/tutorial.md, from a clone to ABORTED', 69, async (place) => {
    const options = { ...place, folder: place.clone, replacements: TUTORIAL, compare: compareLogs };
    const steps = await walk([...OWN_IMAGE, ...acts('docs/tutorial.md')], options);
    assert.deepEqual(endsOf(steps), ['PROMOTED', 'ABORTED']);
    assert.equal(await place.world.api.get('/api/v1/namespaces/shop'), undefined);
    return steps;
  }),

  walked('readme, walked: the first promotion of README, from a clone to a rollback', 68, async (place) => {
    const options = { ...place, folder: place.clone };
    const app = [...acts('docs/tutorial.md', '2. '), ...acts('docs/tutorial.md', '3. ')];
    const before = await walk([...OWN_IMAGE, BUILD_PIPELINE, ...app], { ...options, replacements: APP });
    const tag = (name: string) => commands(`git tag ${name} && git push --quiet origin HEAD ${name}`);
    const [promote = '', rollback = ''] = inlineCommands('README.md', /^drone build (promote|rollback) /);
    const after = await walk(
      [
        ...acts('README.md', 'First promotion'),
        ...commands('git add .drone.yml && git commit --quiet --message Promotion'),
        ...tag('v1.4.1'),
        ...tag('v1.4.2'),
        ...commands(promote, promote, `${promote} --param PLUGIN_ACTION=status`, rollback),
      ],
      { ...options, replacements: README },
    );
    assert.deepEqual(endsOf(after).slice(-4), ['HELD', 'PROMOTED', 'SHOWN', 'PROMOTED']);
    assert.equal(await imageOf({ ...place.world, namespace: 'shop' }), `${REPO}:1.4.1`);
    return [...before, ...after];
  }),
];

/** The words with which the promotions of a walk ended. */
function endsOf(steps: readonly Walked[]): string[] {
  const ends = /^\S+ (PROMOTED|HELD|SHOWN|ABORTED|REFUSED|STUCK) /;
  return steps
    .filter((each) => 'command' in each && each.command.startsWith('drone build '))
    .flatMap((each) => ('said' in each ? each.said : []))
    .flatMap(({ text }) => ends.exec(text)?.[1] ?? []);
}
