import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bundledPackages, licencesOf } from '../../scripts/licences.ts';
import { bundleInputs } from './bundle-inputs.ts';

/** Licences that let a program be handed on with the text of the licence. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

describe('scripts/licences', () => {
  it('finds the package of a file, also of a scope, in another package, or behind a plugin of esbuild', () => {
    const names = bundledPackages([
      'src/main.ts',
      'node_modules/yaml/dist/index.js',
      'node_modules/yaml/dist/doc/Document.js',
      'rare:node_modules/@noble/curves/ed25519.js',
      'builtin:crypto',
    ]).map(({ name }) => name);
    assert.deepEqual(names, ['@noble/curves', 'yaml']);
  });

  it('allows every package of the program to be handed on', async () => {
    const packages = bundledPackages(await bundleInputs());
    assert.ok(packages.length > 20, `${packages.length} packages`);
    assert.deepEqual(
      packages.filter(({ licence }) => !ALLOWED.includes(licence)),
      [],
    );
  });

  it('lists all packages first, then the text of each licence', () => {
    const text = licencesOf([
      { name: 'a', version: '1.0.0', licence: 'MIT', text: 'Permission is granted.' },
      { name: 'b', version: '2.0.0', licence: 'ISC', text: '' },
    ]);
    assert.match(
      text,
      /\n\na 1\.0\.0: MIT\nb 2\.0\.0: ISC\n\n=+\na 1\.0\.0\n\nPermission is granted\.\n\n=+\nb/,
    );
    assert.match(text, /b 2\.0\.0\n\n\(no file of a licence\)\n$/);
  });
});
