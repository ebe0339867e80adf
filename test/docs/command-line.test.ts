import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { VERSION } from '../../src/version.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');

/** The arguments of a command line: words, or texts in single quotes. */
const words = (line: string) =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, text, word = '']) => text ?? word);

/** The commands of this program in the shell blocks of a page, without what a shell does with them. */
function commandsIn(file: string): string[] {
  return [...read(file).matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, , block = '']) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .flatMap((line) => {
        const [, args] =
          /(?:docker run --rm (?:-v \S+ )?(?:\$IMAGE|192\.0\.2\.10:5000\/drone-promote:\S+)|npx \.\/drone-promote-\S+\.tgz|(?:^|\()\s*drone-promote) ([^|>)]*)/.exec(
            line,
          ) ?? [];
        return args === undefined ? [] : [args.trim()];
      }),
  );
}

for (const [file, least] of [
  ['docs/command-line.md', 9],
  ['README.md', 3],
] as const) {
  describe(`commands in ${file}`, () => {
    const commands = commandsIn(file);
    it('are found', () => assert.ok(commands.length >= least, commands.join('\n')));
    // the completion is run by test/cli/shell.test.ts
    for (const command of commands.filter((each) => !each.startsWith('completion '))) {
      it(command, () => {
        const { code, err, step } = runCommand(words(command), {});
        assert.equal(code, 0, err);
        if (step) loadSettings(step);
      });
    }
  });
}

describe('docs/command-line.md', () => {
  const page = read('docs/command-line.md');
  it('has every command, and the version of the package', () => {
    for (const name of Object.keys(COMMANDS)) assert.match(page, new RegExp(`^\\| .*\`${name}\``, 'm'));
    assert.ok(page.includes(`drone-promote-${VERSION}.tgz`));
  });
});
