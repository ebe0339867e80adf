import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readArguments } from '../../src/settings/read-arguments.ts';

function read(...args: string[]) {
  const faults: string[] = [];
  const { texts, own, help } = readArguments(args, ['pull-secrets'], faults);
  return { texts: Object.fromEntries(texts), own: Object.fromEntries(own), help, faults };
}

const NOTHING = { texts: {}, own: {}, help: false, faults: [] };

describe('settings/read-arguments', () => {
  const table: [what: string, args: string[], expected: Partial<ReturnType<typeof read>>][] = [
    ['nothing', [], {}],
    ['a value', ['--namespace', 'shop'], { texts: { namespace: 'shop' } }],
    ['a value behind an equals sign', ['--namespace=shop'], { texts: { namespace: 'shop' } }],
    ['dashes', ['--controller-namespace', 'edge'], { texts: { controller_namespace: 'edge' } }],
    [
      'underscores, but not in the value',
      ['--controller_namespace=a_b'],
      { texts: { controller_namespace: 'a_b' } },
    ],
    ['a boolean', ['--guard'], { texts: { guard: 'true' } }],
    ['a boolean with a value', ['--guard=false'], { texts: { guard: 'false' } }],
    ['a list', ['--service', 'a,b'], { texts: { service: 'a,b' } }],
    ['a list, by its elements', ['--service', 'a', '--service', 'b'], { texts: { service: 'a,b' } }],
    [
      'an option of the command',
      ['--pull-secrets', 'a', '--pull-secrets', 'b'],
      { own: { 'pull-secrets': 'a,b' } },
    ],
    ['help', ['--help'], { help: true }],
    ['help, in short', ['-h'], { help: true }],
    [
      'a value twice',
      ['--namespace', 'a', '--namespace', 'b'],
      { texts: { namespace: 'a,b' }, faults: ['--namespace is given twice.'] },
    ],
    ['a certificate', ['--ca', '-----BEGIN'], { texts: { ca: '-----BEGIN' } }],
    ['no value', ['--namespace'], { faults: ['--namespace has no value.'] }],
    ['a flag in the place of a value', ['--namespace', '--guard'], { faults: ['--namespace has no value.'] }],
    [
      'no setting',
      ['--name-space', 'x'],
      {
        faults: [
          '`name_space` is not a setting. Did you mean `namespace`?',
          '"x" is no flag: flags begin with --.',
        ],
      },
    ],
    ['a word', ['shop'], { faults: ['"shop" is no flag: flags begin with --.'] }],
  ];
  for (const [what, args, expected] of table) {
    it(what, () => assert.deepEqual(read(...args), { ...NOTHING, ...expected }));
  }
});
