import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { read } from './blocks.ts';

describe('docs/command-line.md', () => {
  const page = read('docs/command-line.md');
  for (const name of Object.keys(COMMANDS)) {
    it(`has the command ${name}`, () => assert.match(page, new RegExp(`^\\| .*\`${name}\``, 'm')));
  }
});
