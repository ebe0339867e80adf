import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { actsOf, withLog } from '../../e2e/lab/walk/read-document.ts';
import { recordingOf } from '../../e2e/lab/walk/recording.ts';
import { startShell } from '../../e2e/lab/walk/shell.ts';
import { type Replacement, replaced } from '../../e2e/lab/walk/walk.ts';

describe('what a document has a person do', () => {
  const acts = (markdown: string) => actsOf(markdown).map(({ section: _, ...act }) => act);
  const command = (text: string) => ({ kind: 'command', text });

  it('a block of shell is its lines; one that ends in a backslash goes on', () =>
    assert.deepEqual(acts('```sh\na=1\n\nfirst \\\n  --more\nlast\n```\n'), [
      command('a=1'),
      command('first \\\n  --more'),
      command('last'),
    ]));

  it('a block in a list has not the indent of the list', () =>
    assert.deepEqual(acts('1. do:\n\n   ```sh\n   one \\\n     two\n   ```\n'), [command('one \\\n  two')]));

  it('a block behind the name of a file is the file, and a pipeline is .drone.yml', () =>
    assert.deepEqual(
      acts('`web.yaml`, the app:\n\n```yaml\na: 1\n```\n\nThe pipeline:\n\n```yaml\nkind: pipeline\n```\n'),
      [
        { kind: 'file', name: 'web.yaml', text: 'a: 1\n' },
        { kind: 'file', name: '.drone.yml', text: 'kind: pipeline\n' },
      ],
    ));

  it('a block of text is the log of the comment before it', () =>
    assert.deepEqual(acts('<!-- log of 1.1.0 -->\n\n```text\nPROMOTED\n```\n'), [
      { kind: 'log', of: '1.1.0', text: 'PROMOTED\n' },
    ]));

  it('a log is replaced by that of now, and the others stay', () => {
    const logs = (first: string) =>
      `<!-- log of a -->\n\n\`\`\`text\n${first}\n\`\`\`\n<!-- log of b -->\n\n\`\`\`text\nb $&\n\`\`\`\n`;
    assert.equal(withLog(logs('old\n$1'), 'a', 'new $&\n'), logs('new $&'));
    assert.throws(() => withLog(logs('old'), 'c', ''), /no log of c/);
  });

  it('other blocks are to be read', () =>
    assert.deepEqual(acts('As in:\n\n```yaml\na: 1\n```\n\n```\nx\n```\n'), []));

  it('each act has its heading; a comment of a shell is none', () =>
    assert.deepEqual(
      actsOf('# A\n```sh\n# not a heading\nls\n```\n## B\n```sh\nls\n```\n').map(({ section }) => section),
      ['A', 'A', 'B'],
    ));
});

describe('what cannot be followed to the letter', () => {
  const rules: Replacement[] = [
    { what: 'https://a', by: 'https://b', why: 'an example' },
    { what: /^skip /, by: undefined, why: 'another way' },
  ];
  const table: [text: string, is: string | undefined, needed: number][] = [
    ['use https://a and https://a', 'use https://b and https://b', 1],
    ['skip it', undefined, 1],
    ['do not skip it', 'do not skip it', 0],
  ];
  for (const [text, is, count] of table) {
    it(`${text} → ${is}`, () => {
      const needed = new Set<Replacement>();
      assert.equal(replaced(text, rules, needed), is);
      assert.equal(needed.size, count);
    });
  }
});

describe('the shell of a walk', () => {
  it('keeps variables and the folder, has no input, and tells each end', async () => {
    const shell = startShell('/', { PATH: process.env.PATH ?? '' });
    try {
      const results = [];
      for (const line of ["A='x y'", 'cd /tmp', 'echo "$A" && pwd && cat', 'echo no >&2; false'])
        results.push(await shell.enter(line));
      assert.deepEqual(
        results.map(({ said, code }) => [code, ...said.map(({ text }) => text)]),
        [[0], [0], [0, 'x y', '/tmp'], [1, 'no']],
      );
    } finally {
      shell.end();
    }
  });
});

describe('the recording of a walk', () => {
  it('has the time of each line, what was entered, how long it took, and nothing that is masked', () =>
    assert.equal(
      recordingOf(
        'A walk.',
        [
          { at: 0, saved: 'web.yaml' },
          {
            at: 1000,
            command: 'run \\\n  it',
            said: [{ at: 61_000, text: 'in /tmp/x' }],
            code: 1,
            tookMs: 60_400,
          },
        ],
        (text) => text.replaceAll('/tmp/x', '~'),
      ),
      `A walk.

00:00 # web.yaml is saved, as the document shows it
00:01 $ run \\
00:01 >   it
01:01   in ~
01:01 # 60.4 s, exit 1
`,
    ));

  it('cuts a long answer', () => {
    const said = Array.from({ length: 80 }, (_, at) => ({ at, text: `line ${at}` }));
    const text = recordingOf('A walk.', [{ at: 0, command: 'cat', said, code: 0, tookMs: 80 }], (all) => all);
    assert.match(text, /line 2\n00:00 {3}… 77 more lines\n00:00 # 0\.1 s\n$/);
  });
});
