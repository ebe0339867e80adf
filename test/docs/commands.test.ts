import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { blocks, documents, read } from './blocks.ts';
import { commandsIn } from './shell.ts';

const { scripts, version } = JSON.parse(read('package.json'));

/** The kinds that a document has kubectl act on, as kubectl names them. */
const KINDS =
  /^(deploy(ment)?s?|rollouts?|ingress(es)?|ing|svc|services?|pods?|jobs?|leases?|secrets?|serviceaccounts?|sa|namespaces?|ns|roles?|rolebindings?|clusterroles?|clusterrolebindings?|hpa|pdb|networkpolic(y|ies)|httproutes?|configmaps?|events|all|(scaledobject|virtualservice|destinationrule)s?)$/;
/** Verbs of kubectl, with what must follow. */
const KUBECTL: Readonly<Record<string, (words: readonly string[]) => boolean>> = {
  apply: (words) => words.includes('-f'),
  create: ([what = '']) => /^(token|namespace|secret|deployment|service|ingress|configmap)$/.test(what),
  config: ([what = '']) => what === 'view',
  auth: ([what = '', verb, kind]) => what === 'can-i' && verb !== undefined && kind !== undefined,
  rollout: ([what = '', on]) => /^(status|undo|history|restart)$/.test(what) && on !== undefined,
  set: ([what = '', on, image]) => what === 'image' && on !== undefined && image !== undefined,
  logs: ([on]) => on !== undefined,
  expose: ([what = '']) => KINDS.test(what.split('/')[0] ?? ''),
  delete: (words) => words.includes('-f') || isOfKind(positional(words)),
  ...Object.fromEntries(['get', 'describe', 'patch'].map((verb) => [verb, isOfKind])),
};

function isOfKind([on = '']: readonly string[]): boolean {
  return (on.split('/')[0] ?? '').split(',').every((kind) => KINDS.test(kind));
}

/** Others that a document may tell people to run. */
const PLAIN = ['cat', 'curl', 'cd', 'echo', 'export', 'git', 'less', 'open', 'rm', 'sh', 'source'];

/** What is wrong with a command; undefined if it is one that exists. */
function faultOf([program = '', ...words]: readonly string[]): string | undefined {
  const known = (isKnown: boolean) => (isKnown ? undefined : `no such form of ${program}`);
  switch (program) {
    case 'npm':
      return known(
        ['ci', 'pack', 'test'].includes(words[0] ?? '') ||
          Object.hasOwn(scripts, words.find((word) => !/^(run|-.*)$/.test(word)) ?? ''),
      );
    case 'npx':
      return words[0] === `./drone-promote-${version}.tgz` || /^(\.\/)?drone-promote$/.test(words[0] ?? '')
        ? ours(words.slice(1))
        : known(false);
    case 'node':
      return known(words[0]?.startsWith('-') === true || /^(dist|src|e2e|scripts)\//.test(words[0] ?? ''));
    case 'docker': {
      if (words[0] === 'build' || words[0] === 'push') return undefined;
      const image = words.findIndex((word) => word === '$IMAGE' || /\/drone-promote:/.test(word));
      return words[0] === 'run' && image > 0 ? ours(words.slice(image + 1)) : known(false);
    }
    case 'drone-promote':
      return ours(words);
    case 'drone': {
      const text = words.join(' ');
      return known(
        /^build (promote|rollback) \S+\/\S+ \d+ \w+( --param[= ]\w+=.+)*$|^(secret|orgsecret) add /.test(
          text,
        ),
      );
    }
    case 'kubectl': {
      const [verb = '', ...rest] = positional(words);
      return known(
        Object.hasOwn(KUBECTL, verb) &&
          KUBECTL[verb]?.(/^(apply|delete)$/.test(verb) ? words.slice(words.indexOf(verb) + 1) : rest) ===
            true,
      );
    }
    case 'helm':
      return known(/^(repo add|repo update|upgrade|install|uninstall)\b/.test(words.join(' ')));
    case 'alias': {
      const [, line = ''] = /^[\w-]+=(.*)$/s.exec(words[0] ?? '') ?? [];
      const inner = commandsIn(line);
      return inner.length === 0 ? known(false) : inner.map(faultOf).find((fault) => fault !== undefined);
    }
    case 'gh':
      return known(/^workflow run /.test(words.join(' ')));
    default:
      return PLAIN.includes(program) ? undefined : `${program} is not known`;
  }
}

/** Arguments of this program. Without any it runs a step of a pipeline. */
function ours(args: readonly string[]): string | undefined {
  if (args.length === 0) return undefined;
  // test/cli/shell.test.ts runs it
  if (args[0] === 'completion') return /^(bash|zsh|fish)$/.test(args[1] ?? '') ? undefined : 'no such shell';
  const { code, err, step } = runCommand(args, {});
  if (step !== undefined) loadSettings(step);
  return code === 0 ? undefined : err;
}

/** Words that are neither flags nor their values. */
function positional(words: readonly string[]): string[] {
  const isFlagWithValue = (word: string) =>
    /^(-[nflop]|--(namespace|context|kubeconfig|for|timeout|tail|type|selector))$/.test(word);
  return words.filter((word, at) => !word.startsWith('-') && !isFlagWithValue(words[at - 1] ?? ''));
}

const shown = blocks()
  .filter(({ language }) => language === 'sh')
  .map(({ where, text }) => ({ where, commands: commandsIn(text) }));

describe('the commands in the documents', () => {
  it('are found', () => assert.ok(shown.length > 0, `${shown.length}`));

  for (const { where, commands } of shown) {
    for (const command of commands) {
      it(`${where}: ${command.join(' ').slice(0, 90)}`, () => assert.equal(faultOf(command), undefined));
    }
  }

  // a sentence often names a command without all of its arguments
  for (const file of documents()) {
    for (const [text, program = '', name = ''] of read(file).matchAll(
      /`(npm run|drone-promote) ([a-z][\w:-]*)/g,
    )) {
      it(`${file}: ${text.slice(1)}`, () =>
        assert.ok(Object.hasOwn(program === 'npm run' ? scripts : COMMANDS, name)));
    }
  }
});
