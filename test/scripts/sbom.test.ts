import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { bundledPackages } from '../../scripts/licences.ts';
import { bundleInputs } from './bundle-inputs.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const SCHEMAS = new URL('./res/schema/', import.meta.resolve('@cyclonedx/cyclonedx-library/package.json'));

interface Component {
  name: string;
  version: string;
  purl: string;
  licenses?: unknown[];
  hashes?: { alg: string; content: string }[];
}

/** CycloneDX's own schema of a version, with the two that it refers to. */
function validatorOf(version: string) {
  // the texts of dates and addresses need a package of their own, and are npm's
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const schema = (name: string) =>
    JSON.parse(readFileSync(new URL(`${name}.SNAPSHOT.schema.json`, SCHEMAS), 'utf8'));
  for (const name of ['spdx', 'jsf-0.82']) {
    const file = `${name}.SNAPSHOT.schema.json`;
    ajv.addSchema({ ...schema(name), $id: `http://cyclonedx.org/schema/${file}` });
  }
  return ajv.compile(schema(`bom-${version}`));
}

describe('npm run sbom', () => {
  let bom: { specVersion: string; metadata: { component: Component }; components: Component[] };
  before(() => {
    bom = JSON.parse(execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, encoding: 'utf8' }));
  });

  it('is valid by the schema of CycloneDX', () => {
    const validate = validatorOf(bom.specVersion);
    assert.ok(validate(bom), JSON.stringify(validate.errors));
    const [first, ...others] = bom.components;
    assert.equal(validate({ ...bom, components: [{ ...first, type: 'thing' }, ...others] }), false);
  });

  it('is of this program, and names each package once, with its licence and its digest', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    assert.equal(bom.metadata.component.purl, `pkg:npm/drone-promote@${version}`);
    assert.equal(new Set(bom.components.map(({ purl }) => purl)).size, bom.components.length);
    for (const { purl, licenses = [], hashes = [] } of bom.components) {
      assert.match(purl, /^pkg:npm\/.+@\d/);
      assert.ok(licenses.length > 0, `${purl} has no licence`);
      assert.match(hashes.map(({ alg }) => alg).join(), /SHA-512/, purl);
    }
  });

  it('has every package that the bundle is made of', async () => {
    const listed = new Set(bom.components.map(({ name, version }) => `${name}@${version}`));
    const bundled = bundledPackages(await bundleInputs()).map(({ name, version }) => `${name}@${version}`);
    assert.ok(bundled.length > 20);
    assert.deepEqual(
      bundled.filter((each) => !listed.has(each)),
      [],
    );
  });
});
