import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../../src/cli/commands.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

function run(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout;
}

/** What a shell offers after these words; the last one is what is being written. */
const offered = (...words: string[]) =>
  run('complete', '--', ...words)
    .split('\n')
    .flatMap((line) => (line.includes('\t') ? [line.split('\t')[0]] : []));

describe('cli/shell: completion', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    it(`prints the script of ${shell}, which asks the program`, () =>
      assert.match(run('completion', shell), /drone-promote complete -- /));
  }

  it('offers commands, flags, and words of a setting', () => {
    const names = offered('');
    for (const name of Object.keys(COMMANDS)) assert.ok(names.includes(name), name);
    assert.deepEqual(offered('promote', '--verify-i'), ['--verify-identity', '--verify-issuer']);
    assert.deepEqual(offered('promote', '--finish', ''), ['auto', 'shift', 'pace', 'roll']);
    assert.deepEqual(offered('sta'), ['status']);
  });

  it('the script of bash is one, and completes with its functions', () => {
    const script = `${run('completion', 'bash')}
      drone-promote() { ${process.execPath} ${MAIN} "$@"; }
      _get_comp_words_by_ref() { cur=\${COMP_WORDS[COMP_CWORD]}; words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
      compopt() { :; }
      __ltrim_colon_completions() { :; }
      COMP_WORDS=(drone-promote promote --on-c); COMP_CWORD=2
      $(complete -p drone-promote | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    assert.deepEqual(stdout.trim().split(/\s+/).sort(), ['--on-cancel', '--on-conflict'], stderr);
  });
});
